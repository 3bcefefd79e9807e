"""Which media node holds which camera; kept below, where the signalling process can ask too."""

from commonsight.records.placement import node_for as node_for
