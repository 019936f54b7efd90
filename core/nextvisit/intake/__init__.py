"""What came in becomes facts, consent and journey events: the only place where it does.

    inbox row ──verdict──▶ done                 its facts, events and `done` are one transaction
                     ├───▶ again(reason)        something it needs is not here yet; a later attempt
                     └───▶ parked(reason)       nobody can process it now; shown, replayable, never dropped

pull         pages of a MIS into the inbox
compare      what the MIS lists, held against what we have
loop         lanes: what has to stay in order, and what may go side by side
row          one row by its kind
mis_page     what a MIS says, pulled or unasked: facts and consent
news         what a fact means for one open journey
deliveries   a provider's word on a message
inbound      something that a patient wrote: who it is, and which conversation it belongs to
second_reader  a model's opinion on it, asked with a bound
replies      what an answer does
auto_replies what is written back at once
handed_back  what of it did not arrive, and is for a person
programs     compiled campaigns
wire         how webhooks, page answers and what is kept of a MIS page lie in the inbox

May import `store`, the pure rooms, `calls` and `sdk`; every room above may import it.
"""
