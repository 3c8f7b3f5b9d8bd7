"""The steps from values to points and back, as a dock runs them.

As in `decode_steps`: one function a step, which runs the public function of the library in a
thread, keeps the result in the session's state and shows its layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_image2data.errors import Image2DataError
from napari_image2data.pipeline import even_values
from napari_image2data.plugin import layers as as_layers
from napari_image2data.plugin.jobs import Report
from napari_image2data.plugin.session import Session, Then

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import pandas as pd

    from napari_image2data.reduce.nodes import Nodes

_NO_MASK = "There is no gradient mask yet; press 'Mark flat pixels' first."
_NO_POINTS = "There are no points yet; make some by 'Cluster' or 'Fewest points' first."


def mask(session: Session, *, in_sigma: bool, then: Then = None, **options: Any) -> None:
    """Mark where the field is flat; ``options`` are those of `gradient_mask`.

    Where clusters follow the mask they are made along with it: the window is drawn once for both.
    """

    def work(report: Report) -> tuple[np.ndarray, np.ndarray | None]:
        from napari_image2data import cluster, gradient_mask

        mask = gradient_mask(values, sigma=sigma if in_sigma else None, **options)
        if clustered is None:
            return mask, None
        try:
            return mask, cluster(mask, **clustered)
        except Image2DataError:
            return mask, None  # the step that makes clusters says what is wrong

    def done(result: tuple[np.ndarray, np.ndarray | None]) -> None:
        mask, labels = result
        session.forget("mask")
        session.state.mask = mask
        session.record("mask", **options, **({"sigma": "field"} if in_sigma else {}))
        session.show(
            "mask",
            as_layers.mask_layer(mask, session.name(), session.place(), session.provenance()),
        )
        if labels is not None and clustered is not None:
            _keep_labels(session, labels, clustered)
        session.changed.emit("mask")
        if labels is not None:
            session.changed.emit("labels")
            _points_of(session, labels)
        if then is not None:
            then()

    field = session.guarded(session.need_field)
    if field is not None:
        values, sigma, _ = even_values(field)
        live = "cluster" in session.state.live
        clustered = session.state.steps.get("cluster") if live else None
        session.jobs.run("mask", "Marking flat pixels", work, done, quick=True)


def cluster(session: Session, *, then: Then = None, **options: Any) -> None:
    """Cluster the flat pixels and keep a point of each; ``options`` are those of `cluster`."""

    def work(report: Report) -> np.ndarray:
        from napari_image2data import cluster as run

        return run(kept, **options)

    def done(labels: np.ndarray) -> None:
        session.forget("labels")
        _keep_labels(session, labels, options)
        session.changed.emit("labels")
        _points_of(session, labels, then)

    needed = session.guarded(lambda: (session.need_field(), session.need("mask", _NO_MASK)))
    if needed is not None:
        _, kept = needed
        session.jobs.run("cluster", "Clustering", work, done, quick=True)


def _keep_labels(session: Session, labels: np.ndarray, options: Mapping[str, Any]) -> None:
    session.state.labels = labels
    session.record("cluster", **options)
    session.show(
        "clusters",
        as_layers.clusters_layer(labels, session.name(), session.place(), session.provenance()),
    )


def _points_of(session: Session, labels: np.ndarray, then: Then = None) -> None:
    """Work out the points of clusters that are on view already."""

    def work(report: Report) -> pd.DataFrame:
        from napari_image2data import centroids

        return centroids(labels, field)

    def done(table: pd.DataFrame) -> None:
        session.state.points = table
        show_points(session)
        if then is not None:
            then()

    field = session.need_field()
    session.jobs.run("points", "Finding the middles", work, done)


def reduce(session: Session, *, then: Then = None, **options: Any) -> None:
    """Keep the fewest points within an error; ``options`` are those of `reduce_adaptive`."""

    def work(report: Report) -> pd.DataFrame:
        from napari_image2data import reduce_adaptive

        return reduce_adaptive(field, progress=report, cancel=lambda: report.stopped, **options)

    def done(points: pd.DataFrame) -> None:
        session.forget("rebuilt")
        session.state.points = points
        session.record("reduce", **options)
        _instead_of_clusters(session)
        if then is not None:
            then()

    field = session.guarded(session.need_field)
    if field is not None:
        session.jobs.run("reduce", "Placing points", work, done)


def nodes(session: Session, done: Callable[[Nodes], None]) -> None:
    """Find the samples that the field was interpolated from; they become the points."""

    def work(report: Report) -> Nodes:
        from napari_image2data import find_nodes

        return find_nodes(field, progress=report, cancel=lambda: report.stopped)

    def keep(found: Nodes) -> None:
        if len(found.points):
            session.forget("rebuilt")
            session.state.points = found.points
            session.record("find_nodes")
            _instead_of_clusters(session)
        session.say(found.message)
        done(found)

    field = session.guarded(session.need_field)
    if field is not None:
        session.jobs.run("reduce", "Looking for the samples", work, keep)


def curve(session: Session, done: Callable[[pd.DataFrame], None]) -> None:
    """Error against number of points."""

    def work(report: Report) -> pd.DataFrame:
        from napari_image2data import reduction_curve

        return reduction_curve(field, progress=report, cancel=lambda: report.stopped)

    def keep(table: pd.DataFrame) -> None:
        session.state.curve = table
        done(table)

    field = session.guarded(session.need_field)
    if field is not None:
        session.jobs.run("curve", "Drawing the curve", work, keep)


def _instead_of_clusters(session: Session) -> None:
    """Show points that come from the field itself, without the clusters they replace."""
    session.put_away("mask", "clusters")
    show_points(session)


def show_points(session: Session) -> None:
    """Show the points, and tell that they are new."""
    state = session.state
    assert state.points is not None
    assert state.field is not None
    session.show(
        "centroids",
        as_layers.points_layer(
            state.points,
            session.name(),
            state.field.scale,
            session.place(),
            session.provenance(),
            shape=tuple(state.field.values.shape[-2:]),
        ),
    )
    session.changed.emit("points")


def rebuild(session: Session, *, then: Then = None, **options: Any) -> None:
    """Rebuild the field from the points and compare; ``options`` are those of `reconstruct`."""

    def work(report: Report) -> tuple[np.ndarray, Any]:
        from napari_image2data import compare, reconstruct

        again = reconstruct(points, field.values.shape, **options)
        report(0.7, "comparing")
        return again, compare(field, again, points=points)

    def done(result: tuple[np.ndarray, Any]) -> None:
        state = session.state
        state.again, state.report = result
        session.record("reconstruct", **options)
        place, about, name = session.place(), session.provenance(), session.name()
        ready = {
            "reconstruction": as_layers.reconstruction_layer(
                state.again, name, field.scale, place, about
            ),
            "difference": as_layers.difference_layer(
                state.again - field.values, name, place, about
            ),
        }
        for role, layer_data in ready.items():
            session.show(role, layer_data)
        session.changed.emit("rebuilt")
        if then is not None:
            then()

    needed = session.guarded(lambda: (session.need_field(), session.need("points", _NO_POINTS)))
    if needed is not None:
        field, points = needed
        session.jobs.run("rebuild", "Rebuilding", work, done)
