"""Names that fit three languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

Language = Literal["pl", "ru", "en"]
Gender = Literal["male", "female"]

_GIVEN: Mapping[tuple[Language, Gender], str] = {
    ("pl", "male"): (
        "Jan Piotr Krzysztof Andrzej Tomasz Paweł Marcin Michał Grzegorz Łukasz Stanisław Jakub Kacper "
        "Mateusz Wojciech Zbigniew Antoni Szymon"
    ),
    ("pl", "female"): (
        "Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Magdalena Zofia Joanna "
        "Aleksandra Zuzanna Hanna Wiesława Świętosława Łucja"
    ),
    ("ru", "male"): (
        "Александр Сергей Дмитрий Андрей Алексей Иван Михаил Николай Владимир Павел Фёдор Юрий Артём"
    ),
    ("ru", "female"): (
        "Елена Ольга Наталья Анна Татьяна Ирина Светлана Мария Екатерина Людмила Юлия Алёна Дарья"
    ),
    ("en", "male"): "James Robert Oliver Harry George William Thomas Daniel Liam Noah",
    ("en", "female"): "Olivia Emma Charlotte Amelia Emily Sarah Grace Hannah Lucy Ruth",
}
# Masculine and feminine form; equal where the name does not change.
_FAMILY: Mapping[Language, tuple[tuple[str, str], ...]] = {
    "pl": (
        ("Nowak", "Nowak"),
        ("Kowalski", "Kowalska"),
        ("Wiśniewski", "Wiśniewska"),
        ("Wójcik", "Wójcik"),
        ("Kamiński", "Kamińska"),
        ("Lewandowski", "Lewandowska"),
        ("Zieliński", "Zielińska"),
        ("Szymański", "Szymańska"),
        ("Woźniak", "Woźniak"),
        ("Dąbrowski", "Dąbrowska"),
        ("Jabłoński", "Jabłońska"),
        ("Mazur", "Mazur"),
        ("Krawczyk", "Krawczyk"),
        ("Grabowski", "Grabowska"),
        ("Pawłowski", "Pawłowska"),
        ("Żak", "Żak"),
        ("Gołąb", "Gołąb"),
        ("Ćwikliński", "Ćwiklińska"),
    ),
    "ru": (
        ("Иванов", "Иванова"),
        ("Смирнов", "Смирнова"),
        ("Кузнецов", "Кузнецова"),
        ("Попов", "Попова"),
        ("Соколов", "Соколова"),
        ("Лебедев", "Лебедева"),
        ("Новиков", "Новикова"),
        ("Морозов", "Морозова"),
        ("Фёдоров", "Фёдорова"),
        ("Щербаков", "Щербакова"),
        ("Шевченко", "Шевченко"),
        ("Юрьев", "Юрьева"),
    ),
    "en": (
        ("Smith", "Smith"),
        ("Jones", "Jones"),
        ("Taylor", "Taylor"),
        ("Brown", "Brown"),
        ("Wilson", "Wilson"),
        ("Evans", "Evans"),
        ("O'Connor", "O'Connor"),
        ("Walker-Reed", "Walker-Reed"),
    ),
}
_PATRONYMIC: Mapping[Gender, tuple[str, ...]] = {
    "male": ("Сергеевич", "Иванович", "Петрович", "Андреевич", "Юрьевич"),
    "female": ("Сергеевна", "Ивановна", "Петровна", "Андреевна", "Юрьевна"),
}


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name; `family` is the index of the family name, so that kin can share it."""

    given: tuple[str, ...]
    family: str
    family_index: int


def a_name(rng: Random, language: Language, gender: Gender, *, family_index: int | None = None) -> Name:
    """A random name; with `family_index`, of that family."""
    families = _FAMILY[language]
    index = rng.randrange(len(families)) if family_index is None else family_index
    given = [rng.choice(_GIVEN[language, gender].split())]
    if language == "ru":
        given.append(rng.choice(_PATRONYMIC[gender]))
    return Name(tuple(given), families[index][gender == "female"], index)
