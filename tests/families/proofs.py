"""Proofs that are told what to find."""

from dataclasses import dataclass, field

from livesegment.families.rebuild.conversion import Against, Differences, Verdict
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.network import Dialect, Network

SAME = Differences(tensor=0, pixels=0, score=0, mask=0, detections=1)


@dataclass
class NoProof:
    """Finds the same differences always, and counts how often it was asked."""

    dialect: Dialect = field(default_factory=Dialect)
    by: str = "no engine 1.0"
    against: Against = Against.ORIGINAL
    finds: Differences | None = SAME
    asked: list[str] = field(default_factory=list)

    def better(self, source: Network, than: Against) -> bool:
        order = list(Against)
        return order.index(self.against) < order.index(than)

    def __call__(self, source: Network, rebuilt: RebuiltMaskRcnn) -> Verdict:
        self.asked.append(source.name)
        return Verdict(self.against, "some engine 2.0", self.finds)
