"""Timed runs of services that never ran: a service of one core that queues, in arithmetic."""

from compare.results.speed import Cost, Sample, Scenario

SECONDS = 3.0
THREADS = 8
WOBBLE = (0.0, 0.03, -0.02, 0.05, -0.04)

# Milliseconds of CPU that Django takes for a request, and how many times that the others do.
CPU_MS = {
    "list": 6.2,
    "detail": 3.9,
    "create": 4.7,
    "dashboard": 4.5,
    "mixed": 5.8,
    "nothing": 0.95,
    "select-1": 1.5,
    "rows": 3.1,
    "objects": 5.4,
    "n-plus-1": 13.0,
    "await": 0.9,
    "blocking-call": 0.9,
    "thread": 1.1,
}
TIMES = {"django": 1.0, "fastapi": 0.53, "django-blocking": 0.72, "fastapi-blocking": 0.44}
TIMES_OF_FASTAPI = {"detail": 0.66, "create": 1.16, "dashboard": 0.98, "await": 0.2, "nothing": 0.1}
TIMES_OF_BARE = 0.04


def sample(scenario: Scenario, contender: str, block: int, order: int) -> Sample:
    """Give what a run would find; it differs a little from block to block."""
    cpu_ms = _cpu_ms(contender.removesuffix("-again"), scenario.endpoint)
    capacity = _capacity(scenario, contender, cpu_ms) * (1 + WOBBLE[block - order])
    per_second, p50_ms, unanswered = capacity, 1000 * (scenario.concurrency or 1) / capacity, 0
    if rate := scenario.rate_per_second:
        per_second, unanswered = min(rate, capacity), int(SECONDS * max(0.0, rate - capacity))
        busy = min(rate / capacity, 0.995)
        p50_ms = (scenario.delay_ms or 0) + cpu_ms * (1 + busy / (1 - busy) / 2)
    return Sample(
        scenario=scenario.name,
        contender=contender,
        block=block,
        order=order,
        duration_seconds=SECONDS,
        requests=int(SECONDS * per_second),
        unanswered=unanswered,
        requests_per_second=per_second,
        p50_ms=p50_ms,
        p95_ms=p50_ms * 1.6,
        p99_ms=p50_ms * 2.3,
        cost=_cost(scenario, contender, cpu_ms),
        bodies_compared=14,
        stolen_share=0,
        marks=[],
    )


def _cpu_ms(service: str, endpoint: str) -> float:
    if service == "bare":
        return CPU_MS[endpoint] * TIMES_OF_BARE
    if service == "fastapi":
        return CPU_MS[endpoint] * TIMES_OF_FASTAPI.get(endpoint, TIMES[service])
    return CPU_MS[endpoint] * TIMES.get(service, 1.0)


def _capacity(scenario: Scenario, contender: str, cpu_ms: float) -> float:
    """Requests a second that a core and the waits allow, without a sharp corner between them."""
    in_flight = scenario.concurrency or 1000
    if "blocking" in contender or scenario.endpoint == "thread":
        in_flight = min(in_flight, THREADS)
    if scenario.endpoint == "blocking-call":
        in_flight = 1
    of_core, of_waits = 1000 / cpu_ms, 1000 * in_flight / ((scenario.delay_ms or 0) + cpu_ms)
    return float((of_core**-4 + of_waits**-4) ** (-1 / 4))


def _cost(scenario: Scenario, contender: str, cpu_ms: float) -> Cost:
    in_flight = scenario.concurrency or 16
    return Cost(
        service_cpu_ms_per_request=cpu_ms,
        database_cpu_ms_per_request=None,
        client_cores=0.12,
        peak_memory_mib=(35.0 if contender == "bare" else 90.0) + in_flight / 8,
        peak_threads=3 + min(in_flight, 40) * ("fastapi" not in contender),
        peak_connections=None,
    )
