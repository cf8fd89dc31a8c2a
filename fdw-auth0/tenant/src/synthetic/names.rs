//! Names of the synthetic users, chosen to test text handling.

/// Given names: ASCII, accents composed and combining, right to left, CJK, emoji.
pub(crate) const GIVEN: [&str; 20] = [
    "Ada",
    "Bob",
    "Carol",
    "Dmitri",
    "Elena",
    "Farid",
    "Grace",
    "Hiro",
    "Ivan",
    "Jürgen",
    "Zoë",
    // "é" as "e" with a combining accent.
    "Rene\u{301}e",
    "Nguyễn",
    "محمد",
    "יעל",
    "美咲",
    "Søren",
    "Łukasz",
    "Anna-María",
    // A family joined by zero-width joiners.
    "Kim 👩\u{200d}👩\u{200d}👧",
];

/// Family names: with quotes, backslashes, control characters and markup in some.
pub(crate) const FAMILY: [&str; 20] = [
    "Lovelace",
    "Smith",
    "Müller",
    "O'Brien",
    "d\"Arc",
    "Back\\slash",
    "Petrov",
    "García Márquez",
    "Yılmaz",
    "الخوارزمي",
    "כהן",
    "山田",
    "van der Berg",
    "Ng",
    "Þórsdóttir",
    "Line\nBreak",
    "Tab\tStop",
    "<b>&amp;</b>",
    "100% Sure_",
    "𝔊𝔬𝔱𝔥",
];

/// Places in the users' metadata.
pub(crate) const CITIES: [&str; 8] =
    ["Paris", "São Paulo", "東京", "New York", "Kraków", "القاهرة", "Reykjavík", "St. John's"];
