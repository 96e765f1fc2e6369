"""The names that the facts are made of: of ships, people, ports and cargoes."""

from __future__ import annotations

from itertools import product


def words_of(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


PORTS = ("Sandhaven", "Port Lume", "Corrick", "Eastmole", "Vannes Quay", "Saltby", "Ormsund", "Kettle Bay")
"""The ports."""
GOODS = {"salt": "barrel", "wool": "bale", "tar": "cask", "grain": "sack", "copper": "crate", "oil": "jar"}
"""The cargoes, and what they are counted in."""
FEASTS = {
    "the Candle Walk": 40,
    "Bellringers' Sunday": 85,
    "the Herring Blessing": 127,
    "Long Day": 172,
    "the Rope Fair": 213,
    "the Lantern Fair": 252,
    "All Debts": 305,
    "the Quiet Week": 338,
}
"""Feasts that people reckon by, and the day of the year on which they begin."""
MONTHS = (
    ("January", 31), ("February", 28), ("March", 31), ("April", 30), ("May", 31), ("June", 30), ("July", 31),
    ("August", 31), ("September", 30), ("October", 31), ("November", 30), ("December", 31),
)  # fmt: skip
"""The months of the year 1887, and their days."""

_SHIP_FIRST = words_of(
    "Amber Ardent Autumn Blithe Brave Bright Constant Coral Dusky Early Fair Fleet Gentle Gilded Glad Grand Green "
    "Grey Happy Hardy Ivory Lofty Merry Noble Northern Patient Proud Ready Silver True"
)
_SHIP_SECOND = words_of(
    "Anna Arrow Aurora Banner Beatrice Bounty Comet Cordelia Dolphin Dove Eleanor Falcon Fortune Harriet Harvest "
    "Heron Juniper Lapwing Lark Marigold Mermaid Minerva Orchard Otter Plover Rose Swift Tern Venture Wren"
)
_CAPTAIN_FIRST = words_of(
    "Al Ber Bran Cal Dun El Far Gar Hal Hol Jor Kel Lan Mar Nor Os Pell Quin Ral Sten Tor Ul Ver Wes"
)
_CAPTAIN_SECOND = words_of(
    "bach beck bury dale den ford gate gren hurst land ler lin low man mond more ner rick sby son stad ton vik wick win"
)
_NICK_FIRST = words_of(
    "Black Blind Cold Crooked Deaf Drowsy Fat Hungry Iron Lame Lazy Leaky Limping Little Lucky Mad Old Painted "
    "Pious Rusty Sour Stubborn Thirsty Tired Weeping"
)
_NICK_SECOND = words_of(
    "Abbess Aunt Badger Barrel Bishop Bride Cobbler Coffin Cow Cradle Duchess Fiddler Goose Hen Kettle Lantern "
    "Magpie Mare Miller Needle Nun Parson Pedlar Slipper Sow Spinster Tinker Widow"
)


def ship_names() -> list[str]:
    """Return all names of ships."""
    return [f"{first} {second}" for first, second in product(_SHIP_FIRST, _SHIP_SECOND)]


def captains() -> list[str]:
    """Return all surnames of captains."""
    return [first + second for first, second in product(_CAPTAIN_FIRST, _CAPTAIN_SECOND)]


def nicknames() -> list[str]:
    """Return all nicknames of ships."""
    return [f"{first} {second}" for first, second in product(_NICK_FIRST, _NICK_SECOND)]
