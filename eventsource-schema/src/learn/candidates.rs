//! What is tried where a type refuses a value: texts of the usual formats, numbers that are not too special.

use serde_json::Value;

/// A text, and the name of its format; none, if any text would do.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) format: Option<&'static str>,
}

/// The order matters: the first one that is accepted names the format.
const TEXTS: [(&str, &str); 29] = [
    ("uuid", "00000000-0000-4000-8000-000000000001"),
    ("date-time", "2024-01-02T03:04:05Z"),
    ("date", "2024-01-02"),
    ("local date-time", "2024-01-02T03:04:05"),
    ("time", "03:04:05"),
    ("number", "1"),
    ("fraction", "1.5"),
    ("email", "someone@example.org"),
    ("uri", "https://example.org/"),
    ("ipv4", "192.0.2.1"),
    ("ipv6", "2001:db8::1"),
    ("address and port", "192.0.2.1:80"),
    ("address and port", "[2001:db8::1]:80"),
    ("currency", "EUR"),
    ("capital letters", "DE"),
    ("small letters", "de"),
    ("language", "en-GB"),
    ("time zone", "Europe/Paris"),
    ("offset", "+01:00"),
    ("telephone", "+4930901820"),
    ("duration", "PT1H"),
    ("period", "1h"),
    ("version", "1.2.3"),
    ("colour", "#336699"),
    ("hex", "0123456789abcdef"),
    ("ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    ("bool", "true"),
    ("path", "/a/b"),
    ("weekday", "Mon"),
];

/// `given` comes from a sample, `tried` from the user's list.
pub(super) fn texts(given: Option<&Value>, tried: &[String]) -> Vec<Text> {
    let plain = Text {
        text: "text".to_owned(),
        format: None,
    };
    let checked = |text: &str| Text {
        text: text.to_owned(),
        format: Some("its own format"),
    };
    let formats = TEXTS.iter().map(|(format, text)| Text {
        text: (*text).to_owned(),
        format: Some(format),
    });
    let given = given.and_then(Value::as_str).map(checked);
    std::iter::once(plain)
        .chain(formats)
        .chain(given)
        .chain(tried.iter().map(|text| checked(text)))
        .chain([Text {
            text: String::new(),
            format: Some("nothing"),
        }])
        .collect()
}

/// Whole numbers that fit between two others.
pub(super) fn integers(given: Option<&Value>, least: i128, most: u128) -> Vec<i128> {
    const USUAL: [i128; 14] = [
        1,
        0,
        2,
        3,
        5,
        7,
        12,
        20,
        100,
        365,
        1000,
        2024,
        1_700_000_000,
        1_700_000_000_000,
    ];
    let given = given.and_then(|value| {
        let signed = value.as_i64().map(i128::from);
        signed.or_else(|| value.as_u64().map(i128::from))
    });
    let fits = |number: &i128| {
        *number >= least && u128::try_from(*number).map_or(true, |number| number <= most)
    };
    USUAL.into_iter().chain(given).filter(fits).collect()
}

/// Numbers with a fraction.
pub(super) fn fractions(given: Option<&Value>) -> Vec<f64> {
    let given = given.and_then(Value::as_f64);
    [1.5, 0.5, 0.0, 100.0].into_iter().chain(given).collect()
}
