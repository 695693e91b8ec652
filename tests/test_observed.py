"""Every question is put to a service and answered, and the answers of several are laid out."""

from compare.registry.services import SERVICES
from compare.results.surveys import Observation, by_answer
from compare.survey.observed import QUESTIONS, observe_servers


def test_every_question_has_an_answer() -> None:
    """A service on a server that leaves nothing open answers all, also the one that ends it."""
    observations = observe_servers([SERVICES["django"]])
    said = {observation.question: observation.said for observation in observations}
    assert len(said) == len(observations) == len(QUESTIONS)
    assert {(observation.service, observation.server) for observation in observations} == {
        ("django", "uvicorn")
    }
    assert all(said.values())
    assert said["Has an answer the headers Date and Server?"] == "Date: yes, Server: uvicorn"
    assert said["What does a body above 1 MiB get that comes in chunks?"] == "413"
    assert said["What does a body get of which 2 MiB came and more is to come?"] == "413"
    assert said["What does a create as multipart/form-data get?"] == "415"
    assert list(said.values())[-1].startswith("in flight: answered whole")


def test_services_that_answer_alike_are_named_together() -> None:
    """Under a question each answer stands once, with those who gave it."""
    given = {"a": "200", "b": "400", "c": "200"}
    observations = [
        Observation(question="Well?", service=name, server="s", said=said)
        for name, said in given.items()
    ]
    assert by_answer(observations) == {"Well?": {"200": ["a", "c"], "400": ["b"]}}
