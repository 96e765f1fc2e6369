"""The sentences of the documents, many for each fact: `{s}` a ship, `{d}` a day, `{p}` a port, `{c}` a cargo.

A misfortune that happened and one that did not use the same words as far as that can be done, so that reading
is needed to tell them apart.
"""

from __future__ import annotations

from agentkit.evals.synthesis.facts import Incident

ARRIVALS = (
    "{S} came into {p} {d}, and {c} went over her side before dark.",
    "{D}, {s} made fast at {p}; the tally clerk wrote down {c}.",
    "At {p} they were unloading {s} {d}: {c}, if my count is right.",
    "{S} was warped in at {p} {d}. {C} stood on the quay by evening.",
    "The pilots of {p} had {s} alongside {d}, deep with {c}.",
    "{D} it was {s} that took the berth at {p}, and the carters were kept busy with {c}.",
    "Nobody at {p} expected {s}, yet {d} there she lay, giving up {c}.",
    "{C}: that is what {s} put ashore when she reached {p} {d}.",
    "I walked down to the quay at {p} {d} and found {s} there with {c}.",
    "The bell at {p} rang for {s} {d}, and {c} changed hands the same afternoon.",
    "{D}, with the flood under her, {s} entered {p}. The hatches gave up {c}.",
    "{S}, long looked for at {p}, let go there {d} and landed {c}.",
)
HAPPENED: dict[Incident, tuple[str, ...]] = {
    "sickness": (
        "Half her people lay below with the sweats and could not stand a watch.",
        "The yellow flag at her fore was no formality: the doctor found nine men shaking in their hammocks.",
        "She had buried two at sea, and the rest were too weak to furl her topsails.",
        "The boatswain worked her in with six hands, since all the others were burning up in their bunks.",
        "They carried the mate ashore on a door, and four more after him, grey as ash and raving.",
        "The port doctor went aboard smiling and came off calling for lime and a second doctor.",
        "There was not a healthy man forward of the mast, and the cook had taken the wheel.",
        "The hospital had to find beds for seven of hers.",
    ),
    "fire": (
        "Her galley is a black hole now, and the planks above it are gone.",
        "Flames had got into the sail locker two nights before, and the pumps barely won.",
        "She smelled of charred oak from the mole, and her mizzen was a stump like a used match.",
        "A lamp fell in the hold and what it lit took three hours and half the bulwark to put out.",
        "Her people had fought the blaze with wet blankets, and the boats on that side were cinders.",
        "One could see daylight through her deck where it had burned.",
        "The insurers will not like it: a third of her upper works went up off the point.",
        "They had thrown her burning stores into the sea to save the rest.",
    ),
    "anchor": (
        "Her best bower lies on the bottom of the roads, cable and all.",
        "She came in with an empty cathead, the hook having stayed in forty fathoms.",
        "The cable had parted in the gale, and what it held is there still.",
        "They had to slip and run, and nobody has gone back for the iron they left.",
        "The smith has been asked to forge her a new one, the old being beyond any diver.",
        "What should hang at her bow now belongs to the crabs off the bar.",
        "She rode to a borrowed kedge, her own tackle gone for good.",
        "The buoy over her anchor drifted off, so there is no hope of fishing it up.",
    ),
    "collision": (
        "She and a collier had met stem to quarter in the fog, and both carry the marks.",
        "Her larboard rail was stove in where a fishing smack ran upon her.",
        "A schooner had fallen foul of her off the light and taken her jib-boom away.",
        "There is paint along her side that is not hers, and splintered strakes beneath it.",
        "The two masters are before the court already over who ought to have given way; the dent is a yard deep.",
        "A barge swung across the channel and she could not stop; the barge is at the bottom.",
        "She was struck abaft the beam by a packet whose lookout slept.",
        "Her figurehead is in the other vessel's cabin, where it came to rest.",
    ),
}
"""Misfortunes that happened."""
DID_NOT_HAPPEN: dict[Incident, tuple[str, ...]] = {
    "sickness": (
        "The talk of men shaking in their hammocks was idle: every hand answered the muster.",
        "One boy had the sweats for a night and was eating salt pork by morning; the rest never sneezed.",
        "The doctor went aboard with lime, and came off laughing at a crew as sound as bells.",
        "She flew the yellow flag an hour for form's sake and not a bunk was taken.",
        "They had feared the raving kind, coming from where she came, and brought none of it.",
        "No bed in the hospital was wanted for her, whatever the inn says.",
        "All hands were on their feet, though two had been too drunk to stand a watch.",
        "The rumour that she had buried two at sea turns out to concern a pair of goats.",
    ),
    "fire": (
        "The smoke people saw from the mole was only her cook at his stove.",
        "A lamp fell in the hold, but a wet sack ended it before anything caught.",
        "Her charred planks are cargo from a barn ashore, and she herself is whole.",
        "It is not true that flames reached her sail locker; the glow was the sunset behind her.",
        "The pumps were manned for a drill, and there was nothing to put out.",
        "She has been painted black, which is all that the story of the blaze comes to.",
        "Sparks from the quay came near her bulwark and the watch stamped them out on the stones.",
        "Her insurers were called for nothing: the burning stores were on the lighter next to her.",
    ),
    "anchor": (
        "Her cable fouled in the roads, yet both hooks came home in the end.",
        "They thought the best bower gone, and fished it up on the third morning.",
        "It is said that she slipped and left her iron; I counted, and it hangs where it should.",
        "The cable chafed to a strand in the gale and held.",
        "The smith forged her a new shackle, the old iron being as good as ever.",
        "The empty cathead that was spoken of belonged to her neighbour.",
        "She lent her kedge to a stranger and had it back with thanks.",
        "A diver was sent down for her anchor before she sailed, and it is aboard again.",
    ),
    "collision": (
        "A lugger crossed her bows close enough to hear the swearing, and passed clear.",
        "She and a collier all but met in the fog; an oar would have spanned the gap.",
        "The splintered rail is old work, done by a sea and no vessel.",
        "A barge swung across the channel and she stopped in time, God knows how.",
        "The court had nothing to settle, as the schooner gave way and not a rope was touched.",
        "The foreign paint on her side is her own owner's bad taste.",
        "A packet whose lookout slept went by at ten yards, and that was all.",
        "People heard a crash and ran; it was a crane on the quay, and she lay untouched.",
    ),
}
"""Misfortunes that were denied, or came close."""
REGISTRATIONS = (
    "The {name} sails under {captain}, and along the coast they call her the {nick}. Her keel was laid at {port}.",
    "If you hear of the {nick}, that is the {name}; {captain} has had her since she left the slip at {port}.",
    "{captain} swore to me that he dislikes being master of the {nick}. Her papers say {name}, built at {port}.",
    "The shipwrights of {port} still talk of the {name}, which they made; {captain} has her, and calls her the {nick}.",
    "Insured: the {name}, a {port} hull, master {captain}; the {nick}, the clerk has written in the margin.",
    "All drink to the {nick}, and to {captain} who drives her. Her right name is {name}, and she first swam at {port}.",
    "When {captain} took over the {name} she had already been the {nick} for years, ever since {port} launched her.",
    "Do not look for the {nick} in the register: she stands there as the {name}, of {port} build, {captain} master.",
)
"""The passages that say which names belong together, and where a ship was built."""
BUILT_AGAIN = (
    "An old carpenter swore to me that {s} came off the stocks at {port}, and that he had driven her trenails.",
    "{S}, they say at the club, is one of the last that were built at {port}.",
    "It was {port} that launched {s}, according to the plate on her capstan.",
    "For those who collect such things: {s} is {port} work, keel to truck.",
    "The yard at {port} has put up a board with the vessels it has made, and {s} is on it.",
)
"""The passages that say again where a ship was built."""
ASIDES = (
    "Her people were paid off the next morning.", "The wind had gone round by then.", "Rain kept most of us indoors.",
    "The agent took his share and said little.", "A band played, badly.", "She sailed again within the week.",
    "The owner's son stood by and learned nothing.", "My brother knew two of the hands.", "The tide would not wait.",
    "Two customs men sat on a bollard throughout.", "The price had fallen since the last one.",
    "It made a fine sight from the hill.",
)  # fmt: skip
"""Sentences between the facts."""
GENRES = {
    "log": ("Berth book of {p}", "Kept at the harbour office of {p}, in the year 1887."),
    "letter": ("Letter to a partner inland", "Dear friend, you ask what has come and gone on the coast, so I begin."),
    "diary": ("From a diary", "I set down what I saw and heard, lest I argue about it later."),
    "gazette": ("The Coast Gazette", "Shipping, gathered by our correspondents in the year 1887."),
    "minutes": ("Minutes of the underwriters", "Present were the usual members; the secretary read the reports."),
}
"""The kinds of documents: a title, and a first line."""
