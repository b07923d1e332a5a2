"""A child process that answers as it is told."""

from collections.abc import Mapping

from livesegment.doctor.child import Facts, NoAnswerError
from livesegment.doctor.finding import Finding


class Answers:
    """Stands in for `ask`: a question, with its arguments, has an answer or gets none."""

    def __init__(self, answers: Mapping[str, Facts | NoAnswerError]) -> None:
        self.asked: list[str] = []
        """Each question and its arguments, blanks between."""
        self._answers = answers

    def __call__(self, question: str, *arguments: str, seconds: float = 60.0) -> Facts:
        self.asked.append(" ".join((question, *arguments)))
        known = (self.asked[-1], question)
        answer = next(self._answers[key] for key in known if key in self._answers)
        if isinstance(answer, NoAnswerError):
            raise answer
        return answer


def row(findings: list[Finding], name: str) -> Finding:
    """The one finding that is called so."""
    (found,) = [finding for finding in findings if finding.name == name]
    return found


def names(findings: list[Finding]) -> list[str]:
    """What the findings are called, in order."""
    return [finding.name for finding in findings]
