"""What was measured: scenarios, samples with what they cost, and how services compare."""

from typing import Literal

from compare.intervals import Interval
from compare.strict import Strict

# The questions of a measurement: capacity by endpoint, latency by offered rate, the dashboard's
# fan-out, a mix as on a site, where a request's time goes, and what happens while views wait.
StudyName = Literal["closed-loop", "open-loop", "fan-out", "mixed", "ladder", "waiting"]


# What the second copy of the first service, its partner in the A/A pair, has after its name.
SECOND_COPY = "-again"


class Scenario(Strict):
    """What is asked of the contenders, and how hard; `study` is the question that it belongs to.

    A closed loop has so many connections (`concurrency`) that ask again when they are answered; an
    open loop sends `rate_per_second` whatever the answers do. `ceiling_per_second` is what
    arithmetic allows (in flight divided by the delay). `async_model` limits it to services of that
    model. `application` is the app that is asked: the service, or its framework's ladder of costs.
    """

    name: str
    study: StudyName
    endpoint: str
    request: str
    concurrency: int | None = None
    rate_per_second: float | None = None
    delay_ms: float | None = None
    ceiling_per_second: float | None = None
    async_model: Literal["async", "blocking"] | None = None
    application: Literal["service", "ladder"] = "service"

    @property
    def calls_upstreams(self) -> bool:
        """Whether its answers take calls of the upstreams."""
        return self.endpoint in ("dashboard", "mixed")


class Cost(Strict):
    """What the turns of a sample cost besides time.

    CPU is of the service's processes, of the database server's (None: SQLite, which runs inside
    the service, or a server of the reader's) and of the load client, in cores kept busy. Memory is
    the proportional set size of all processes of the service together; connections are those that
    the database counts, None on SQLite. Peaks are the highest of several looks.
    """

    service_cpu_ms_per_request: float
    database_cpu_ms_per_request: float | None
    client_cores: float
    peak_memory_mib: float | None
    peak_threads: int
    peak_connections: int | None


class Sample(Strict):
    """What a scenario's turns on one service came to in one block, together.

    An open loop has one turn, in which the load is a run of its own. `turn_rates` are the answers a
    second of each turn of a closed loop, in order; between them others had theirs, and this service
    took `between_turns_cores` of a core. `order` is its place in the first round.
    `contender` is the service's name, or that name and "-again" for the A/A pair. Rate and
    percentiles are of the good answers. `unanswered` is what an open loop beyond the service's
    capacity left unanswered; any other failure is a run that is not kept. `bodies_compared` counts
    the answers that were compared whole. `stolen_share` is the part of the time that a
    hypervisor did not give to the service's core though it had work (0 on a machine of one's own);
    rates here are as they were seen, comparisons are of the time that was left. `marks` say what
    else may have disturbed the run.
    """

    scenario: str
    contender: str
    block: int
    order: int
    duration_seconds: float
    requests: int
    unanswered: int
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cost: Cost
    bodies_compared: int
    stolen_share: float
    turn_rates: list[float] = []
    between_turns_cores: float | None = None
    marks: list[str]


class Refusal(Strict):
    """Turns that a gate refused, so that they are no sample; `reason` is for a sentence."""

    scenario: str
    contender: str
    block: int
    reason: str


class Null(Strict):
    """How many answers a second the load's client got in one block from a service with no work.

    It is the limit of the client: a service that comes near it was not what limited the load.
    """

    study: StudyName
    block: int
    requests_per_second: float


class BlockRun(Strict):
    """A block of a study that was run to its end, numbered from 0 in its study."""

    study: StudyName
    number: int
    seconds: float


class Start(Strict):
    """One start of a contender in one block: how long until it was ready, and what it took idle."""

    study: StudyName
    contender: str
    block: int
    ready_seconds: float
    memory_mib: float | None
    threads: int


class Comparison(Strict):
    """How many times the throughput of `baseline` the `other` has in a scenario, or in a study.

    Of an open loop it is not the throughput that is compared but the median time to answer, and
    among `cpu_comparisons` the CPU time of an answer, baseline's divided by the other's, so that
    above 1 the other is the better there too. `noise` is the same ratio between the first service
    and its second copy; `verdict` is a sentence.
    """

    scenario: str
    baseline: str
    other: str
    throughput: Interval
    noise: Interval | None
    winner: str | None
    verdict: str

    @property
    def pair(self) -> tuple[str, str]:
        """Who is compared: the baseline and the other."""
        return self.baseline, self.other

    @property
    def margin(self) -> Interval:
        """How many times as good the better one was: the ratio, turned round if that is below 1."""
        ratio = self.throughput
        if ratio.ratio >= 1:
            return ratio
        return Interval(ratio=1 / ratio.ratio, low=1 / ratio.high, high=1 / ratio.low)


class YardstickShare(Strict):
    """What part of the bare application's throughput a service reaches in a scenario."""

    scenario: str
    service: str
    share: Interval
