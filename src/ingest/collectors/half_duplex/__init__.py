"""Meters that share a line and answer one question at a time, over a serial port or a gateway's TCP port."""

from ingest.collectors.half_duplex.digits import Digits
from ingest.collectors.half_duplex.frame import Layout
from ingest.collectors.half_duplex.line import Line
from ingest.collectors.half_duplex.poll import HalfDuplexCollector
from ingest.collectors.half_duplex.respondent import Respondent
from ingest.collectors.half_duplex.source import LineSource
from ingest.collectors.half_duplex.speech import Speech

__all__ = ["Digits", "HalfDuplexCollector", "Layout", "Line", "LineSource", "Respondent", "Speech"]
