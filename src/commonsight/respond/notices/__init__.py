"""Telling people and programs about cases: the page, e-mail, signed webhooks, MQTT."""
