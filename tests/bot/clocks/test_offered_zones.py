"""Time zones that are offered while somebody types one."""

from bot.clocks.zones import Surroundings, read_zone, zones_like


def test_zones_are_suggested_by_city() -> None:
    assert next(iter(zones_like("berl", 3))) == "Europe/Berlin"
    assert next(iter(zones_like("new y", 3))) == "America/New_York"
    assert next(iter(zones_like("utc", 5))) == "UTC"
    assert zones_like("muni", 1) == {"Munich (Europe/Berlin)": "Europe/Berlin"}
    assert zones_like("nowhere", 5) == {}


def test_what_a_text_may_mean_is_offered_first() -> None:
    assert next(iter(zones_like("EST", 5))) == "America/New_York"
    assert list(zones_like("ist", 3)) == ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"]
    assert list(zones_like("USA", 2)) == ["America/New_York", "America/Chicago"]
    assert zones_like("UTC+2", 5) == {"UTC+2": "UTC+2"}
    assert read_zone("UTC+2").name == "Etc/GMT-2"


def test_the_askers_zone_is_offered_before_anything_is_typed() -> None:
    def first(locale: str, timezone: str = "UTC") -> str:
        return next(iter(zones_like("", 25, Surroundings(timezone, locale))))

    assert first("de") == "Europe/Berlin"
    assert first("pt-BR") == "America/Sao_Paulo"
    assert first("en-US") == "America/New_York"
    assert first("en-US", "Asia/Seoul") == "Asia/Seoul"
    assert first("ja", "Europe/Paris") == "Asia/Tokyo"
    assert first("") == "UTC"
    assert len(zones_like("", 25, Surroundings("UTC", "de"))) == 25


def test_the_askers_zones_come_first_among_others() -> None:
    assert next(iter(zones_like("america/", 9, Surroundings("America/Lima")))) == "America/Lima"


def test_a_city_is_offered_with_its_zone_by_any_of_its_names() -> None:
    offered = zones_like("Köl", 25, Surroundings("UTC", "de"))
    assert offered["Köln (Europe/Berlin)"] == "Europe/Berlin"
    assert next(iter(zones_like("Peking", 5))) == "Asia/Shanghai"
    assert list(zones_like("Hyderabad", 2)) == ["Asia/Kolkata", "Asia/Karachi"]
    american, german = Surroundings("UTC", "en-US"), Surroundings("UTC", "de")
    assert next(iter(zones_like("frankfo", 5, american))) == "Frankfort (America/New_York)"
    assert next(iter(zones_like("frankfu", 5, german))) == "Frankfurt am Main (Europe/Berlin)"


def test_labels_fit_into_discord_s_choices() -> None:
    starts = "abcdefghijklmnopqrstuvwxyz"
    labels = [label for start in starts for label in zones_like(f"{start}a", 25)]
    assert max(map(len, labels)) <= 100
