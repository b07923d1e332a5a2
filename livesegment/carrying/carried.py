"""Masks that follow motion from the key frame to the frame shown, each with its identity."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from livesegment.carrying.crowd import Crowd
from livesegment.carrying.entry import Awaited, Entry, may_coast
from livesegment.carrying.history import History
from livesegment.carrying.hypotheses import carry
from livesegment.carrying.identity import Roster, Seen, Track, identify
from livesegment.carrying.motion import Trail
from livesegment.carrying.patch import seen_from, to_frame, to_raster
from livesegment.carrying.quality import SPARSEST, Governor, Quality
from livesegment.carrying.shape import Shape, Sight
from livesegment.carrying.steady import steadied
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation

MAX_AGE = 2.0
"""Seconds from the key frame after which a mask is no longer shown."""
SELDOM = 10.0
"""Seconds: the most that masks stay because results come seldom."""
COAST = 0.5
"""Seconds for which a confirmed object goes on that a result does not show."""
EXPECTED = 4
"""Results that may be under way at a time; the oldest beyond are forgotten."""


class CarriedCarrier:
    """Carries masks along with what they show; see `Carrier`.

    One dense flow a frame feeds everything. A frame that is being segmented is kept up with from
    the moment it is known, so that its result can be shown on the newest frame as it arrives.
    """

    def __init__(
        self,
        quality: Quality = Quality.AUTO,
        *,
        every: int = 1,
        budget: float | None = None,
        max_age: float = MAX_AGE,
        coast: float = COAST,
        crowd: Crowd | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Start with nothing known.

        Args:
            quality: how finely motion is followed.
            every: it is followed in one frame of so many, at first; `AUTO` changes that.
            budget: seconds a frame that `AUTO` keeps to; None for a share of the frame interval.
            max_age: seconds from the key frame after which a mask is dropped. Where results take
                so long that nothing would be shown between them, twice the time they take; where
                they come seldom, as from a network that many share, half as long again as from
                one key frame to the next.
            coast: seconds for which a confirmed object goes on that a result does not show.
            crowd: the sources that are carried side by side, this one included; None for no other.
            clock: for what the work costs, in seconds.
        """
        self.key: Segmentation | None = None
        crowd = crowd or Crowd()
        self._governor = Governor(quality, budget, crowd.size, every=every)
        self._turn = crowd.turns.party()
        self._max_age = max_age
        self._coast = coast
        self._clock = clock
        self._roster = Roster()
        self._history: History | None = None
        self._entries: list[Entry] = []
        self._gone: list[Track] = []
        self._awaited: dict[int, Awaited] = {}
        self._results: list[Segmentation] = []
        self._newest_key = -1
        self._last_at: float | None = None
        self._rested: deque[Frame] = deque(maxlen=SPARSEST)
        """The frames shown last in which no motion was looked for."""
        self._last = Instances.empty()
        """What was shown last."""
        self._keyed_at: float | None = None
        """Capture of the newest key frame, whatever became of its objects."""

    def expect(self, frame_index: int) -> None:
        """Keep up with a frame from now on; see `Carrier.expect`."""
        self._awaited.setdefault(frame_index, Awaited())
        while len(self._awaited) > EXPECTED:
            del self._awaited[min(self._awaited)]

    def correct(self, segmentation: Segmentation) -> None:
        """Take a new result, to be shown with the next frame; see `Carrier.correct`."""
        self._results.append(segmentation)

    def advance(self, frame: Frame) -> Instances:
        """Carry every object to `frame`; see `Carrier.advance`."""
        interval = None if self._last_at is None else frame.captured_at - self._last_at
        self._last_at = frame.captured_at
        # Masks of another picture size are no use, not even for a frame.
        may_rest = self._history is not None and self._history.frame_size == frame.size
        if may_rest and len(self._rested) < self._governor.every - 1:
            self._rested.append(frame)
            return self._last
        with self._turn.take(self._governor.patience if may_rest else None) as mine:
            if not mine:  # the view goes on; the next frame has a better place in the queue
                self._rested.append(frame)
                return self._last
            started = self._clock()
            self._last = self._carried(frame)
            self._governor.spent(self._clock() - started, interval)
        return self._last

    def _carried(self, frame: Frame) -> Instances:
        """The objects in a frame, by following the motion to it."""
        due = self._due(frame)
        for rested in self._rested:
            if rested.index in self._awaited:
                self._follow(rested)  # it is a key frame now
        self._rested.clear()
        history = self._follow(frame)
        for index, awaited in self._awaited.items():
            if awaited.trail is None and index <= frame.index:
                awaited.trail = history.trail(index, self._governor.fineness)
        if due is not None and due.frame_index > self._newest_key:
            self._take(due, history)
        self._carry(history)
        self._look_back(history)
        return self._shown(history)

    def _due(self, frame: Frame) -> Segmentation | None:
        """The newest result of a frame up to this one; what came before it is forgotten."""
        due = [result for result in self._results if result.frame_index <= frame.index]
        self._results = [result for result in self._results if result.frame_index > frame.index]
        newest = max(
            (result for result in due if result.size == frame.size),
            key=lambda result: result.frame_index,
            default=None,
        )
        if newest is not None:
            index = newest.frame_index
            self._awaited = {i: a for i, a in self._awaited.items() if i >= index}
        return newest

    def _follow(self, frame: Frame) -> History:
        """Find the motion to a frame and take every trail along, or start anew."""
        history, first = self._history, self._history is None
        if history is None or history.frame_size != frame.size:
            history = self._history = History(frame.size)
        moment = history.add(frame, self._governor.fineness)
        if moment.flow is None:
            if not first:  # a result of a frame before the first one shown is still of this scene
                self._reset(frame.index)
        else:
            trails = {id(entry.trail): entry.trail for entry in self._entries}
            for awaited in self._awaited.values():
                if awaited.trail is not None:
                    trails[id(awaited.trail)] = awaited.trail
            for trail in trails.values():
                trail.follow(moment.flow)
        return history

    def _reset(self, index: int) -> None:
        """Forget every object: frame `index` is the first of another scene or size."""
        self._entries, self._gone = [], []
        self._awaited = {i: awaited for i, awaited in self._awaited.items() if i >= index}
        self._newest_key = index - 1
        self.key = None

    def _take(self, result: Segmentation, history: History) -> None:
        """Put a result's objects in the place of those known."""
        awaited = self._awaited.pop(result.frame_index, None) or Awaited()
        trail = awaited.trail
        if trail is None:
            trail = history.trail(result.frame_index, self._governor.fineness)
        if awaited.known is None:
            self._carry(history)
            awaited.known = self._known_at(trail, history)
        self._awaited = {i: a for i, a in self._awaited.items() if i > result.frame_index}
        for other in self._awaited.values():
            other.known = None
        self._newest_key, self.key = result.frame_index, result
        now, at = history.newest.captured_at, trail.captured_at
        found, regions = result.instances, result.instances.regions.tolist()
        patches = [
            to_raster(mask, (region[0], region[1]), history.frame_size, history.raster)
            for mask, region in zip(found.masks, regions, strict=True)
        ]
        class_ids: list[int] = found.class_ids.tolist()
        matches = identify(awaited.known, self._gone, patches, class_ids, at)
        entries: list[Entry] = []
        seldom = 0.0 if self._keyed_at is None else min(SELDOM, 1.5 * (at - self._keyed_at))
        self._keyed_at = at
        until = at + max(self._max_age, 2 * (now - at), seldom)
        for j, patch in enumerate(patches):
            if patch.soft.size == 0 or not patch.soft.any():
                continue
            track, old = matches.get(j, (Track(), None))
            score = float(found.scores[j])
            self._roster.see(track, patch, class_ids[j], score, at)
            steady = patch if old is None else steadied(patch, old.patch, old.travel)
            shape = Shape.of(steady, trail.size, history.raster)
            entries.append(Entry(track, shape, trail, score, until))
        self._entries = entries + self._coasting(entries, awaited.known, now)

    def _coasting(self, entries: Sequence[Entry], known: Sequence[Seen], now: float) -> list[Entry]:
        """The objects that a result does not show and that go on for a while."""
        seen_now = {id(entry.track) for entry in entries}
        places = {id(seen.track): seen.patch for seen in known}
        self._gone = [track for track in self._gone if id(track) not in seen_now]
        going_on: list[Entry] = []
        for entry in self._entries:
            if id(entry.track) in seen_now:
                continue
            patch = places.get(id(entry.track))
            if entry.track.confirmed and patch is not None and may_coast(entry, patch, entries):
                if not entry.missed:
                    entry.missed, entry.until = True, min(entry.until, now + self._coast)
                going_on.append(entry)
            elif entry.track.confirmed:
                self._gone.append(entry.track)
        return going_on

    def _carry(self, history: History) -> None:
        """Find every object in the newest frame; what is too old or lost goes."""
        now = history.newest
        sights: dict[int, Sight] = {}
        kept: list[Entry] = []
        for entry in self._entries:
            if now.captured_at > entry.until:
                if entry.track.confirmed:
                    self._gone.append(entry.track)
                continue
            trail = entry.trail
            sight = sights.setdefault(
                id(trail), Sight(trail, now.picture.at(trail.size), history.raster)
            )
            carried = carry(entry.shape, sight)
            entry.patch, entry.travel = carried.patch, carried.travel
            kept.append(entry)
        self._entries = kept
        if self.key is not None and not kept and self._too_old(now.captured_at):
            self.key = None

    def _too_old(self, now: float) -> bool:
        return self.key is not None and now - self.key.captured_at > self._max_age

    def _look_back(self, history: History) -> None:
        """Note for every frame being segmented where the known objects lie in it."""
        for awaited in self._awaited.values():
            if awaited.trail is not None and awaited.known is None:
                awaited.known = self._known_at(awaited.trail, history)

    def _known_at(self, trail: Trail, history: History) -> list[Seen]:
        """The objects as they lie in the key frame of a trail, which has come to the newest."""
        known: list[Seen] = []
        for entry in self._entries:
            patch = entry.patch
            if patch is not None and trail.backward is not None:
                patch = seen_from(patch, trail, history.raster)
            if patch is not None:
                known.append(Seen(entry.track, patch, entry.travel))
        return known

    def _shown(self, history: History) -> Instances:
        """The objects as masks of the newest frame, best score first."""
        rows = []
        for entry in sorted(self._entries, key=lambda entry: -entry.score):
            if entry.patch is None:
                continue
            placed = to_frame(entry.patch, history.frame_size, history.raster)
            if placed is not None:
                rows.append((placed[0], entry.score, entry.track, placed[1]))
        return Instances.from_rows(
            [box for box, *_ in rows],
            [score for _, score, *_ in rows],
            [track.class_id for _, _, track, _ in rows],
            [mask for *_, mask in rows],
            [track.number for _, _, track, _ in rows],
        )
