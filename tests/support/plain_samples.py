"""Samples for tests that care about the rate only."""

from compare.results.speed import Cost, Sample, Scenario


def plain_sample(scenario: Scenario, contender: str, block: int, rate: float) -> Sample:
    """A run of one second with so many requests, as if they had come one after another."""
    return Sample(
        scenario=scenario.name,
        contender=contender,
        block=block,
        order=0,
        duration_seconds=1,
        requests=round(rate),
        unanswered=0,
        requests_per_second=rate,
        p50_ms=1000 / rate,
        p95_ms=1000 / rate,
        p99_ms=1000 / rate,
        cost=Cost(
            service_cpu_ms_per_request=1,
            database_cpu_ms_per_request=None,
            client_cores=0.1,
            peak_memory_mib=None,
            peak_threads=1,
            peak_connections=None,
        ),
        bodies_compared=1,
        stolen_share=0,
        marks=[],
    )
