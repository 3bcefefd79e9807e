"""Scenes of people: flow, gathering, visitors, dwelling, queues, intrusion."""
