"""ONVIF devices (profiles S and T): found on the network, asked what they show, turned."""
