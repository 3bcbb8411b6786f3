"""AI flows on all primaries of a cluster: registers them, calls their triggers, gathers what each answers."""

from .clients import AsyncFlows, Flows
from .outcome import Outcome, ShardsError

__all__ = ["AsyncFlows", "Flows", "Outcome", "ShardsError"]
