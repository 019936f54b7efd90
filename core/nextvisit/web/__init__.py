"""What answers HTTP: pixels, patient pages, one-click unsubscribe, webhooks, health.

Nothing here decides anything about a journey. What a patient or a provider says is committed to the
inbox and then acknowledged; the intake makes sense of it. A pixel is the one exception: it carries
nothing that could be lost, so it is counted on the spot.

May import `desk`, `intake`, `store`, `calls`, the pure rooms and `sdk`; `status`,
which listens as it does, and `install`, which puts it together, may import it.
"""
