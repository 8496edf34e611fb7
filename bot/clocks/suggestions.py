"""Time zones that are offered while somebody types one."""

from itertools import islice

from bot.clocks.places import cities_like, common_zones, simple
from bot.clocks.zones import Surroundings, meaning_of, zone_in_words


def zones_like(typed: str, limit: int, around: Surroundings | None = None) -> dict[str, str]:
    """Return labels of time zones, likeliest first, and what to type for each.

    Those that the text may mean come first, then names that contain it, or else cities that begin
    with it. Without a text, those in which the asker may be come first.
    """
    around, query = around or Surroundings(), simple(typed)
    meaning = meaning_of(typed, around) if query else None
    first = list(meaning.zones) if meaning else []
    near = around.zones
    if not query:
        first = [*near, "UTC"]
    names = [name for simple_name, name in common_zones().items() if query in simple_name]

    def order(name: str) -> tuple[bool, bool, bool, str]:
        city = simple(name.rpartition("/")[2])
        return name not in near, not city.startswith(query), "/" not in name, name

    found = {zone_in_words(name): name for name in [*first, *sorted(names, key=order)]}
    if not found:
        found = {f"{city.title()} ({zone})": zone for city, zone in cities_like(typed)}
    return {label: zone_in_words(name) for label, name in islice(found.items(), limit)}
