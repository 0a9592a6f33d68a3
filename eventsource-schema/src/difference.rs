//! Where two states differ; and what stands in them in any order, as sets do that have none.

use serde_json::{Value, json};

/// Marks elements that stood in another order when the state was made again.
const IN_ANY_ORDER: &str = "in any order";

/// The first place at which two states differ.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) was: String,
    pub(crate) is: String,
}

impl Difference {
    /// All of it differs.
    pub(crate) fn told(was: &Value, is: String) -> Self {
        let (path, was) = (String::new(), was.to_string());
        Self { path, was, is }
    }
}

/// Where two states differ first.
pub(crate) fn difference(was: &Value, is: &Value) -> Option<Difference> {
    if was == is {
        return None;
    }
    let below = |step: String, inner: Difference| Difference {
        path: match (inner.path.as_str(), inner.path.starts_with('[')) {
            ("", _) => step,
            (path, true) => format!("{step}{path}"),
            (path, false) => format!("{step}.{path}"),
        },
        ..inner
    };
    let here = || Difference::told(was, is.to_string());
    if let (Some(was), Some(is)) = (in_any_order(was), in_any_order(is)) {
        return Some(Difference::told(was, is.to_string()));
    }
    Some(match (was, is) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left.keys().chain(right.keys());
            let mut differs = names.filter_map(|name| {
                let (left, right) = (left.get(name), right.get(name));
                let nothing = Value::String("nothing".into());
                let inner = difference(left.unwrap_or(&nothing), right.unwrap_or(&nothing))?;
                Some(below(name.clone(), inner))
            });
            differs.next().unwrap_or_else(here)
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs
                .find_map(|(at, (left, right))| {
                    Some(below(format!("[{at}]"), difference(left, right)?))
                })
                .unwrap_or_else(here)
        }
        _ => here(),
    })
}

/// The elements, where they are marked as standing in any order.
fn in_any_order(value: &Value) -> Option<&Value> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.get(IN_ANY_ORDER)
}

/// Marks where a state, made again, has the same elements in another order.
///
/// # Errors
///
/// Where the two differ otherwise.
pub(crate) fn settle(state: &mut Value, again: &Value) -> Result<(), Difference> {
    let again = as_in(state, again);
    mark(state, &again);
    match difference(state, &as_in(state, &again)) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

fn mark(state: &mut Value, again: &Value) {
    match (state, again) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, left) in left {
                if let Some(right) = right.get(name) {
                    mark(left, right);
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if alike(left, right) => {
            left.iter_mut()
                .zip(right)
                .for_each(|(left, right)| mark(left, right));
        }
        (state @ Value::Array(_), again) if sorted(state) == sorted(again) => {
            *state = json!({ IN_ANY_ORDER: sorted(state) });
        }
        _ => {}
    }
}

/// Whether each element is the other's, but for the order of what it has.
fn alike(left: &[Value], right: &[Value]) -> bool {
    let mut pairs = left.iter().zip(right);
    left.len() == right.len() && pairs.all(|(left, right)| sorted(left) == sorted(right))
}

/// The same in the order that the texts of the elements have, all the way down.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(elements) => {
            let mut elements: Vec<_> = elements.iter().map(sorted).collect();
            elements.sort_by_cached_key(Value::to_string);
            Value::Array(elements)
        }
        Value::Object(fields) => match in_any_order(value) {
            Some(elements) => sorted(elements),
            None => fields
                .iter()
                .map(|(name, field)| (name.clone(), sorted(field)))
                .collect(),
        },
        other => other.clone(),
    }
}

/// `again`, marked where `state` is.
pub(crate) fn as_in(state: &Value, again: &Value) -> Value {
    match (state, again) {
        (marked, Value::Array(_)) if in_any_order(marked).is_some() => {
            json!({ IN_ANY_ORDER: sorted(again) })
        }
        (Value::Object(fields), Value::Object(others)) => {
            let others = others.iter().map(|(name, other)| {
                let field = fields.get(name).unwrap_or(&Value::Null);
                (name.clone(), as_in(field, other))
            });
            others.collect()
        }
        (Value::Array(elements), Value::Array(others)) if elements.len() == others.len() => {
            let pairs = elements.iter().zip(others);
            pairs
                .map(|(element, other)| as_in(element, other))
                .collect()
        }
        (_, other) => other.clone(),
    }
}
