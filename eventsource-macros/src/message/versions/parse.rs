//! From the arguments of an event to its [`Versions`], with every mistake that can be seen without its neighbours.

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Path};

use crate::arguments::{Arguments, Listed};
use crate::errors::Errors;
use crate::message::model::{Contract, Link, Upcast, Versions};

pub(crate) fn parse(
    arguments: &mut Arguments,
    ident: &Ident,
    contract: &Contract,
    errors: &mut Errors,
) -> Versions {
    let older = ["from", "upcast", "since"]
        .iter()
        .any(|key| arguments.has(key));
    let of_key = arguments.span("of");
    let of = arguments.types_or_one("of", "Opened", errors);
    let of = links('N', of, errors);
    let into_key = arguments.span("into");
    let into = arguments.types("into", errors).unwrap_or_default();
    let into = links('S', into, errors);
    let from = arguments.types_or_one("from", "OpenedV1", errors);
    let from = links('F', from, errors);
    let mut versions = Versions {
        into,
        from,
        upcasts: upcasts(arguments, contract, errors),
        aliases: aliases(arguments, contract, errors),
        since: since(arguments, contract, errors),
        place: contract.version_place.or(Some(ident.span())),
        of: only(of, errors),
        down: None,
    };
    let down = arguments.parsed::<Path>("down", "a type", "OpenedV1", errors);
    check_successors(&versions, contract, (of_key, into_key), errors);
    if versions.of.is_some() {
        versions.into.clear();
    }
    versions.down = down.and_then(|path| down_to(&path, &versions.from, errors));
    check_order(&mut versions, ident, errors);
    if !older {
        check_first(&versions, ident, contract, errors);
    }
    versions
}

fn links(letter: char, listed: Vec<Listed>, errors: &mut Errors) -> Vec<Link> {
    let text = |path: &Path| path.to_token_stream().to_string();
    let mut links: Vec<Link> = Vec::new();
    for (number, Listed { cfg, path }) in listed.into_iter().enumerate() {
        if let Some(cfg) = cfg.first() {
            let problem = "what is stored does not depend on `#[cfg(…)]`";
            errors.add(cfg, problem, "take it off the type in this list");
        }
        if links.iter().any(|link| text(&link.path) == text(&path)) {
            let problem = format!("`{}` is given twice", text(&path));
            errors.add(&path, problem, "leave one of them out");
            continue;
        }
        let alias = format_ident!("__{letter}{number}", span = path.span());
        links.push(Link { path, alias });
    }
    links
}

/// `down = F`: where `F` stands in `from`.
fn down_to(path: &Path, from: &[Link], errors: &mut Errors) -> Option<(usize, Span)> {
    let text = |path: &Path| path.to_token_stream().to_string();
    let found = from.iter().position(|link| text(&link.path) == text(path));
    if found.is_none() {
        let problem = format!(
            "`{}` is none of the versions that become this one",
            text(path)
        );
        errors.add(
            path,
            problem,
            "name in `down` one of the types that stand in `from`",
        );
    }
    Some((found?, path.span()))
}

/// The one version that comes next.
fn only(mut of: Vec<Link>, errors: &mut Errors) -> Option<Link> {
    if let Some(second) = of.get(1) {
        let problem = "`of` names one version, a later one of the same event";
        let help =
            "write `into(…)` in place of it, and a `name`, if the event was split into these";
        errors.add(&second.path, problem, help);
    }
    of.truncate(1);
    of.pop()
}

/// `upcast(1 = function, …)`: each version up to the one before this.
fn upcasts(arguments: &mut Arguments, contract: &Contract, errors: &mut Errors) -> Vec<Upcast> {
    let mut upcasts: Vec<Upcast> = Vec::new();
    for (number, function) in arguments.numbered("upcast", "path::to::function", errors) {
        let Ok(version) = number.base10_parse::<u32>() else {
            let problem = "a version is a whole number";
            errors.add(&number, problem, "write `upcast(1 = path::to::function)`");
            continue;
        };
        let expected = upcasts.last().map(|last| last.version + 1);
        if version == 0 || version >= contract.version {
            let problem = format!(
                "version {version} does not come before version {}",
                contract.version
            );
            let help = "write the version that the function takes: it makes the JSON of the version after it";
            errors.add(&number, problem, help);
        } else if expected.is_some_and(|expected| version != expected) {
            let problem = "the versions of `upcast` go up by one";
            errors.add(
                &number,
                problem,
                "write them from the oldest to the newest, each once",
            );
        } else {
            upcasts.push(Upcast { version, function });
            continue;
        }
        return upcasts;
    }
    if let Some(last) = upcasts.last()
        && last.version + 1 != contract.version
    {
        let problem = format!(
            "the upcasts end at version {}, and this is version {}",
            last.version + 1,
            contract.version
        );
        let help = "go on up to the version before this one, or put them on the struct of the version at which they end";
        errors.add(&last.function, problem, help);
    }
    upcasts
}

fn aliases(arguments: &mut Arguments, contract: &Contract, errors: &mut Errors) -> Vec<LitStr> {
    let mut aliases: Vec<LitStr> = Vec::new();
    for alias in arguments.texts("alias", errors) {
        if alias.value() == contract.name.value() {
            let problem = "this is the event's name, and not one that it once had";
            errors.add(&alias, problem, "write the stored name that it had before");
        } else if aliases
            .iter()
            .any(|earlier| earlier.value() == alias.value())
        {
            errors.add(&alias, "an alias is given twice", "leave one of them out");
        } else {
            aliases.push(alias);
        }
    }
    aliases
}

fn since(arguments: &mut Arguments, contract: &Contract, errors: &mut Errors) -> Option<u32> {
    let place = arguments.span("since");
    let since = arguments.number("since", errors)?;
    if since > contract.version {
        let problem = format!("`since` is above version {}", contract.version);
        let help = "write the oldest version that is stored: those before it are not read";
        errors.add_at(place.unwrap_or_else(Span::call_site), problem, help);
        return None;
    }
    Some(since)
}

/// An earlier version has the name of the next one, or, if it was split, one of its own.
fn check_successors(
    versions: &Versions,
    contract: &Contract,
    (of, into): (Option<Span>, Option<Span>),
    errors: &mut Errors,
) {
    let (of, into) = (
        of.filter(|_| versions.of.is_some()),
        into.map(|place| (place, versions.into.is_empty())),
    );
    match (of, into) {
        (Some(_), Some((place, _))) => {
            let problem = "`of` and `into` exclude each other";
            let help = "for an event that was split, list the version that has kept its name in `into(…)` as well, and \
                        write the stored name, `name = \"…\"`";
            errors.add_at(place, problem, help);
        }
        (Some(place), None) => {
            if contract.version_place.is_none() {
                let problem = "an earlier version does not say which one it is";
                errors.add_at(place, problem, "write `version = 1` before `of`");
            }
            if contract.named {
                let problem = "an earlier version has the stored name of the next one";
                errors.add(
                    &contract.name,
                    problem,
                    "leave `name` out; a name that it had once is an `alias`",
                );
            }
        }
        (None, Some((place, true))) => {
            let problem = "`into` does not say what the event was split into";
            let help = "write `into(First, Second)`; an event of which nothing comes is `retired(\"…\")` on its aggregate";
            errors.add_at(place, problem, help);
        }
        (None, _) => {}
    }
}

/// That nothing comes both before and after it. (A longer circle is for the compiler to see.)
fn check_order(versions: &mut Versions, ident: &Ident, errors: &mut Errors) {
    let text = |path: &Path| path.to_token_stream().to_string();
    let is_after = |path: &Path| {
        versions
            .into
            .iter()
            .any(|after| text(&after.path) == text(path))
    };
    if let Some(both) = versions.from.iter().find(|before| is_after(&before.path)) {
        let problem = format!(
            "`{}` cannot come both before and after `{ident}`",
            text(&both.path)
        );
        let help =
            "name it in `from`, if this one was made of it, or in `into`, if this one became it";
        errors.add(&both.path, problem, help);
        (versions.from, versions.into, versions.down) = Default::default();
    }
}

/// That a version which says nothing about older ones is the first. Whether what others say is right, the compiler sees.
fn check_first(versions: &Versions, ident: &Ident, contract: &Contract, errors: &mut Errors) {
    if contract.version == 1 {
        return;
    }
    let before = contract.version - 1;
    let problem = format!("nothing becomes `{ident}` of version {before}, the one before its own");
    let help = format!(
        "write `from = …` with a struct that has `#[event(version = {before}, of = {ident})]`, or `upcast({before} = …)` \
         with a function on JSON; or `since = {}` if no older one was ever stored",
        contract.version
    );
    let place = versions.place.unwrap_or_else(Span::call_site);
    errors.add_at(place, problem, help);
}
