//! Drawing of personalities: the values of each trait, and their probabilities.

use super::personality::{
    Churn, Conduct, Container, Declared, Dice, Doubles, Empty, End, Found, Headers, Incident, Items, Missing, Mistake,
    Moves, Order, PageCap, PageSize, Pages, Personality, Place, Signal, Total,
};
use Conduct::{Learnable, Strays};

/// The rows of the smallest page that an API gives when it is asked for larger ones.
const SMALLEST_PAGE: u32 = 5;

/// Draws the personality of a seed.
pub fn draw(seed: u64) -> Personality {
    let dice = &mut Dice::new(seed);
    let (pages, declared) = pages(dice);
    let mut drawn = Personality {
        seed,
        pages,
        declared,
        mistake: None,
        page_cap: None,
        ignores_place: pages != Pages::Whole && declared == Declared::AsIs && dice.one_in(30),
        size: page_size(dice, pages),
        rows: 0,
        total: Total::None,
        total_is_declared: false,
        exact_total: false,
        short_page_is_last: false,
        trusts: false,
        end: End::Empty(Empty::List),
        container: dice.pick(&[Container::Array, Container::Envelope, Container::Envelope, Container::Deep]),
        has_key: true,
        numeric_keys: dice.one_in(3),
        dense_keys: dice.one_in(3),
        order: dice.pick(&[Order::Ascending, Order::Descending, Order::Scrambled]),
        moves: Moves::None,
        churn: Churn::None,
        changes: 0,
        doubles: Doubles::None,
        holes: None,
        incident: (Incident::None, 0),
        items: None,
        headers: headers(dice),
        concurrent_requests: dice.pick(&[1, 1, 2, 3, 10]) as u32,
        deviations: Vec::new(),
        item_deviations: Vec::new(),
    };
    drawn.rows = rows(dice, &drawn.size);
    shape(dice, &mut drawn);
    total(dice, &mut drawn);
    mistakes(dice, &mut drawn);
    changes(dice, &mut drawn);
    oddities(dice, &mut drawn);
    promises(dice, &mut drawn);
    items(dice, &mut drawn);
    deviations(&mut drawn);
    drawn
}

fn pages(dice: &mut Dice) -> (Pages, Declared) {
    let place = dice.pick(&[Place::Key, Place::Key, Place::Snapshot, Place::Offset, Place::Page]);
    let pages = match dice.below(16) {
        0 => Pages::Whole,
        1 => return (Pages::Whole, Declared::OneAnswer),
        2 => {
            let signal = dice.pick(&[Signal::LinkHeader, Signal::HasMore, Signal::NextToken, Signal::Total]);
            return (Pages::Whole, Declared::Nothing(signal));
        }
        3..=6 => Pages::Number { first: dice.below(2) as u64, by_size_asked: dice.one_in(4) },
        7..=9 => Pages::Offset,
        10..=11 => Pages::Cursor(place),
        12..=13 => Pages::LastKey,
        14 => Pages::LinkHeader(place),
        _ => Pages::LinkMember(place),
    };
    (pages, Declared::AsIs)
}

fn page_size(dice: &mut Dice, pages: Pages) -> PageSize {
    let asked = dice.pick(&[1, 2, 3, 5, 5, 10, 10, 25, 50, 100]);
    let honoured = PageSize { asked, is_sent: true, default: 10, largest: 100_000, smallest: 1, is_ignored: false };
    if pages == Pages::Whole {
        return honoured;
    }
    match dice.below(10) {
        0..=4 => honoured,
        5 => PageSize { largest: (asked / 2).max(1), default: (asked / 2).max(1), ..honoured },
        6 => PageSize { smallest: asked + dice.pick(&[1, 2, 5, 10]), ..honoured },
        7 => PageSize { is_ignored: true, default: dice.pick(&[1, 3, 10, 20]), ..honoured },
        8 => PageSize { is_sent: false, default: asked, ..honoured },
        _ => PageSize { is_sent: false, default: dice.pick(&[3, 5, 10, 20]), ..honoured },
    }
}

fn rows(dice: &mut Dice, size: &PageSize) -> u32 {
    let given = size.of_full_scan();
    let most = 8 * given;
    let rows = match dice.below(14) {
        0 => 0,
        1 => 1,
        2 => given - 1,
        3 => given,
        4 => given + 1,
        5 => 2 * given,
        6 => 2 * given + 1,
        7 => 3 * given - 1,
        8 => size.asked,
        9 => size.asked + 1,
        10 => 250,
        11 => 4 * given,
        _ => dice.below(5 * given as usize) as u32,
    };
    rows.min(most)
}

/// Draws the end, the container and the key, which depend on the paging.
fn shape(dice: &mut Dice, drawn: &mut Personality) {
    if matches!(drawn.pages, Pages::Cursor(_) | Pages::LinkMember(_))
        || matches!(drawn.declared, Declared::Nothing(signal) if signal != Signal::LinkHeader)
        || drawn.declared == Declared::OneAnswer
    {
        drawn.container = dice.pick(&[Container::Envelope, Container::Deep]);
    }
    let mut empty = dice.pick(&[Empty::List, Empty::List, Empty::Null, Empty::Absent, Empty::NoContent]);
    if empty == Empty::Absent && drawn.container == Container::Array {
        empty = Empty::Null;
    }
    drawn.end = match drawn.pages {
        Pages::Whole => End::Empty(if dice.one_in(4) { empty } else { Empty::List }),
        Pages::Number { .. } | Pages::Offset => match dice.below(12) {
            0 => End::LastPageAgain,
            1 => End::Status(dice.pick(&[400, 404, 416])),
            2 => End::ErrorIn200,
            3..=5 => End::Empty(empty),
            _ => End::Empty(Empty::List),
        },
        Pages::LastKey => match dice.below(8) {
            0 => End::LastPageAgain,
            1..=3 => End::Empty(empty),
            _ => End::Empty(Empty::List),
        },
        Pages::LinkHeader(_) => {
            dice.pick(&[End::Absent, End::Absent, End::Empty(empty), End::EmptyLeadsToItself, End::LastPageAgain])
        }
        Pages::Cursor(_) | Pages::LinkMember(_) => dice.pick(&[
            End::Null,
            End::Null,
            End::Absent,
            End::EmptyText,
            End::False,
            End::Empty(empty),
            End::EmptyLeadsToItself,
            End::LastPageAgain,
            End::BackToTheStart,
        ]),
    };
    if drawn.is_by_key() && drawn.order == Order::Scrambled {
        drawn.order = Order::Ascending;
    }
    // Without a key, a repeated row counts as two rows.
    let comes_again = drawn.ignores_place || matches!(drawn.end, End::LastPageAgain | End::BackToTheStart);
    let needs_key = drawn.is_numbered() || drawn.pages == Pages::LastKey || comes_again;
    drawn.has_key = needs_key || !dice.one_in(4);
}

fn total(dice: &mut Dice, drawn: &mut Personality) {
    if drawn.container == Container::Array || matches!(drawn.declared, Declared::Nothing(_)) {
        return;
    }
    drawn.total = match dice.below(20) {
        0..=5 => Total::Right,
        6 => Total::None,
        7 => Total::Text,
        8 => Total::FirstPageOnly,
        9 => Total::ZeroLater,
        10 => Total::Rest,
        11 => Total::Capped(dice.pick(&[1, 3, 10, 50, 100])),
        12 => Total::PageLength,
        13 => Total::Off(dice.pick(&[-2, -1, 1, 2, 10])),
        14 => Total::Overstated,
        15 => Total::Huge,
        16 => Total::Understated,
        17 => Total::Zero,
        _ => Total::Right,
    };
    // No API gives pages this small unless it is asked for them. With a total of one page as well, such a page looks
    // exactly like the whole list.
    let given = drawn.size.of_full_scan();
    if given < SMALLEST_PAGE && given < drawn.size.asked && !matches!(drawn.total, Total::None | Total::Text) {
        drawn.total = Total::Right;
    }
    // A total that is not declared is ignored.
    drawn.total_is_declared = drawn.is_numbered() && drawn.size.is_sent && !dice.one_in(3);
}

/// Draws mistakes in the declaration, and the page cap, but only if an answer shows them.
fn mistakes(dice: &mut Dice, drawn: &mut Personality) {
    if drawn.declared != Declared::AsIs || drawn.ignores_place {
        return;
    }
    // 204 states no total.
    let is_counted = drawn.total_is_declared
        && matches!(drawn.total, Total::Right | Total::Text)
        && drawn.end != End::Empty(Empty::NoContent);
    let cap = dice.pick(&[1, 2, 10, 20, 50]);
    match dice.below(40) {
        0 if is_counted && matches!(drawn.pages, Pages::Number { .. }) => drawn.mistake = Some(Mistake::FirstPage),
        1 if is_counted => drawn.mistake = Some(Mistake::Kind),
        2 if drawn.has_key && drawn.pages != Pages::LastKey => drawn.mistake = Some(Mistake::Key),
        3..=4 if drawn.is_numbered() => drawn.page_cap = Some(PageCap::Refused(cap)),
        5..=7 if is_counted => drawn.page_cap = Some(PageCap::Empty(cap)),
        _ => {}
    }
}

fn changes(dice: &mut Dice, drawn: &mut Personality) {
    if drawn.mistake.is_some() || drawn.page_cap.is_some() {
        return;
    }
    if !drawn.has_key || drawn.pages == Pages::Whole || drawn.ignores_place || !dice.one_in(3) {
        return;
    }
    drawn.churn = dice.pick(&[Churn::None, Churn::Deleted, Churn::Created, Churn::Balanced, Churn::Balanced]);
    drawn.moves =
        dice.pick(&[Moves::None, Moves::Swap, Moves::Exchange, Moves::ToTheEnd, Moves::ToTheFront, Moves::Shuffle]);
    if drawn.is_by_key() || dice.one_in(2) {
        drawn.moves = Moves::None;
    }
    drawn.changes = if drawn.changes() { dice.pick(&[1, 1, 2, 3, 5, 1000]) } else { 0 };
    drawn.concurrent_requests = if drawn.changes() { 1 } else { drawn.concurrent_requests };
}

/// Draws duplicate rows, short pages, and the failure of a single request.
fn oddities(dice: &mut Dice, drawn: &mut Personality) {
    if drawn.pages == Pages::Whole || drawn.changes() {
        if dice.one_in(10) {
            drawn.incident = (dice.pick(&[Incident::Unavailable, Incident::Cut]), dice.below(3) as u32);
        }
    } else if drawn.has_key && drawn.is_numbered() && dice.one_in(15) {
        drawn.doubles = dice.pick(&[Doubles::Overlap, Doubles::Twin]);
    } else if drawn.size.of_full_scan() >= smallest_with_holes(drawn) && dice.one_in(12) {
        drawn.holes = Some(dice.pick(&[2, 3, 7]));
        // At most one of two neighbours is hidden, so that every page has a new row.
        drawn.size = PageSize { is_ignored: true, default: drawn.size.of_full_scan(), ..drawn.size };
        drawn.order = if drawn.order == Order::Scrambled { Order::Ascending } else { drawn.order };
    }
    if drawn.incident.0 == Incident::None && dice.one_in(10) {
        let incident = dice.pick(&[
            Incident::TooMany(0),
            Incident::TooMany(0),
            Incident::Unavailable,
            Incident::Cut,
            Incident::EmptyPage,
            Incident::ErrorIn200,
            Incident::NotARow,
        ]);
        drawn.incident = (incident, dice.below(4) as u32);
        if incident == Incident::TooMany(0) && dice.one_in(20) {
            drawn.incident.0 = Incident::TooMany(1);
        }
    }
    // An empty page is the end for all kinds except numbered pages, which others follow. An empty first page proves
    // that the list is empty. If its row moves to the page before it too, no reading can show that.
    if drawn.incident.0 == Incident::EmptyPage {
        drawn.incident = if drawn.is_numbered() && !drawn.changes() {
            (Incident::EmptyPage, drawn.incident.1.max(1))
        } else {
            (Incident::None, 0)
        };
    }
    if drawn.incident.0 == Incident::ErrorIn200 && drawn.container == Container::Array {
        drawn.incident.0 = Incident::NotARow;
    }
    if drawn.incident.0 != Incident::None {
        drawn.concurrent_requests = 1;
    }
}

/// The smallest page size for which a page has a new row if one of two neighbours is hidden.
fn smallest_with_holes(drawn: &Personality) -> u32 {
    if drawn.begins_with_last_row() { 3 } else { 2 }
}

/// Draws the promises in the table's options, but only true ones.
fn promises(dice: &mut Dice, drawn: &mut Personality) {
    let is_calm = !drawn.changes()
        && !drawn.ignores_place
        && drawn.mistake.is_none()
        && drawn.page_cap.is_none()
        && drawn.doubles == Doubles::None
        && !matches!(drawn.incident.0, Incident::EmptyPage);
    drawn.trusts = is_calm && dice.one_in(4);
    let size = &drawn.size;
    let is_full = size.is_sent && !size.is_ignored && size.largest >= size.asked && size.smallest == 1;
    drawn.short_page_is_last = is_full
        && drawn.is_numbered()
        && drawn.mistake.is_none()
        && drawn.page_cap.is_none()
        && drawn.holes.is_none()
        && drawn.doubles == Doubles::None
        && !drawn.ignores_place
        && !matches!(drawn.incident.0, Incident::EmptyPage)
        && dice.one_in(3);
    let is_exact = matches!(drawn.total, Total::Right | Total::Text)
        && drawn.doubles != Doubles::Twin
        && drawn.mistake != Some(Mistake::Key);
    drawn.exact_total = drawn.total_is_declared && is_exact && dice.one_in(3);
}

fn items(dice: &mut Dice, drawn: &mut Personality) {
    if !drawn.has_key || drawn.mistake == Some(Mistake::Key) || dice.one_in(3) {
        return;
    }
    drawn.items = Some(Items {
        found: match dice.below(14) {
            0..=5 => Found::Bare,
            6..=8 => Found::Enveloped,
            9 => Found::EnvelopedUndeclared,
            10 => Found::InArray,
            11 => Found::Another,
            12 => Found::ErrorIn200,
            _ => Found::Bare,
        },
        missing: match dice.below(10) {
            0..=4 => Missing::Status(404),
            5 => Missing::Status(410),
            6 => Missing::NoContent,
            7 => Missing::Null,
            8 => Missing::EmptyObject,
            _ => Missing::ErrorIn200,
        },
    });
}

fn headers(dice: &mut Dice) -> Headers {
    if !dice.one_in(3) {
        return Headers { content_type: "application/json", has_mark: false, more: Vec::new() };
    }
    let content_type = dice.pick(&[
        "application/json",
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.api+json",
        "application/hal+json;profile=x",
        "text/plain",
        "text/plain; charset=utf-8",
        "application/octet-stream",
        "text/json",
    ]);
    let noise: &[(&str, &str)] = &[
        ("x-ratelimit-limit", "1000"),
        ("X-RateLimit-Remaining", "999"),
        ("x-ratelimit-remaining", "plenty"),
        ("ratelimit", "limit=1000, remaining=999, reset=1"),
        ("RateLimit-Policy", "1000;w=60"),
        ("x-rate-limit-remaining", "1000"),
        ("x-ratelimit-reset", "0"),
        ("x-ratelimit-reset", "1"),
        ("x-ratelimit-reset", "1500000000"),
        ("x-ratelimit-reset", "1500000000000"),
        ("x-ratelimit-reset", "Thu, 01 Jan 2015 00:00:00 GMT"),
        ("x-ratelimit-reset", "2015-01-01T00:00:00Z"),
        ("retry-after", "0"),
        ("retry-after", ""),
        ("retry-after", "Thu, 01 Jan 2015 00:00:00 GMT"),
        ("link", "<things?page=9>; rel=\"last\", <things>; rel=first"),
        ("link", "</docs>; rel=\"help\"; title=\"next\""),
        ("etag", "W/\"next\""),
        ("warning", "299 - \"moved\""),
        ("x-total-count", "3"),
        ("content-language", "de"),
        ("vary", "*"),
    ];
    let more = (0..dice.below(4)).map(|_| dice.pick(noise)).collect();
    Headers { content_type, has_mark: dice.one_in(12), more }
}

/// Collects the deviations of the API from the declaration.
fn deviations(drawn: &mut Personality) {
    let mut list = Vec::new();
    if drawn.ignores_place {
        list.push(("the page parameter is ignored", Strays));
    }
    match drawn.mistake {
        Some(Mistake::FirstPage) => list.push(("another first page is declared", Strays)),
        Some(Mistake::Kind) => list.push(("another kind of number is declared", Strays)),
        Some(Mistake::Key) => list.push(("rows share the key that is declared", Strays)),
        None => {}
    }
    if let Some(PageCap::Refused(cap) | PageCap::Empty(cap)) = drawn.page_cap
        && drawn.rows >= cap
    {
        list.push(("paging goes no further than the page cap", Strays));
    }
    let size = drawn.size;
    let given = size.of_full_scan();
    let is_numbered = drawn.is_numbered();
    if drawn.pages != Pages::Whole {
        let is_larger = size.is_sent && (size.is_ignored || size.smallest > 1);
        let by_size_asked = matches!(drawn.pages, Pages::Number { by_size_asked: true, .. }) && size.is_sent;
        if by_size_asked && (given != size.asked || is_larger) {
            list.push(("pages are numbered by the size asked for, and have another", Strays));
        }
        if given < size.asked {
            let conduct = if is_numbered { Learnable } else { Conduct::Follows };
            list.push(("pages are smaller than asked for", conduct));
        }
        // With a limit, fewer rows are requested.
        if given > size.asked || is_larger {
            list.push(("pages are larger than asked for", Learnable));
        }
    }
    if let Declared::Nothing(_) = drawn.declared
        && drawn.rows > size.default
    {
        list.push(("one answer is declared and there are more", Strays));
    }
    if drawn.total_is_declared {
        let conduct = match drawn.total {
            Total::Right => Conduct::Follows,
            Total::Text | Total::None | Total::FirstPageOnly | Total::ZeroLater => Learnable,
            Total::Capped(cap) if cap >= u64::from(drawn.rows) && !drawn.changes() => Conduct::Follows,
            Total::Rest | Total::Capped(_) | Total::PageLength => Strays,
            Total::Off(_) | Total::Overstated | Total::Huge | Total::Understated | Total::Zero => Strays,
        };
        list.push(("the total", conduct));
    }
    // An answer that states more rows than it has says that more pages follow.
    let states_more = match drawn.total {
        Total::Overstated | Total::Huge => true,
        Total::Off(by) => by > 0,
        _ => false,
    };
    let is_checked = drawn.pages == Pages::Whole && drawn.declared == Declared::AsIs;
    if is_checked && states_more && drawn.container != Container::Array {
        list.push(("the answer states more rows than it has", Strays));
    }
    let has_cursor_or_link = !is_numbered && drawn.pages != Pages::LastKey;
    let has_cursor = matches!(drawn.pages, Pages::Cursor(_) | Pages::LinkMember(_));
    let end = match drawn.end {
        End::Empty(Empty::List) | End::Null | End::Absent => Conduct::Follows,
        End::Empty(Empty::Null | Empty::NoContent) | End::EmptyText | End::False | End::EmptyLeadsToItself => Learnable,
        // The missing cursor shows the end.
        End::Empty(Empty::Absent) if drawn.rows > 0 && has_cursor && !drawn.may_become_empty() => Learnable,
        // If the list has one page, a repeated last page looks as if the API ignored the cursor. A page with other rows
        // by then is not recognised as repeated.
        End::LastPageAgain if has_cursor_or_link && drawn.rows > given && !drawn.changes() => Learnable,
        End::Empty(Empty::Absent) | End::LastPageAgain | End::Status(_) | End::ErrorIn200 | End::BackToTheStart => {
            Strays
        }
    };
    let is_seen = !(drawn.pages == Pages::Whole && drawn.rows > 0);
    if end != Conduct::Follows && is_seen {
        list.push(("the end", end));
    }
    if drawn.changes() {
        // A second page with the rows of the first looks as if the API ignored the parameter.
        let conduct = if drawn.changes <= 1 && drawn.rows > given { Learnable } else { Strays };
        list.push(("rows move, come or go", conduct));
    }
    if drawn.doubles != Doubles::None {
        list.push(("rows come twice", Strays));
    }
    if drawn.holes.is_some() {
        let conduct = match drawn.pages {
            Pages::Offset => Strays,
            Pages::Number { .. } => Learnable,
            _ => Conduct::Follows,
        };
        list.push(("pages are short in the middle", conduct));
    }
    match drawn.incident.0 {
        Incident::EmptyPage => list.push(("a page is empty once", Strays)),
        Incident::ErrorIn200 => list.push(("a 200 has an error once", Strays)),
        Incident::NotARow => list.push(("an element is no row", Strays)),
        _ => {}
    }
    let mut items = Vec::new();
    let content_type = drawn.headers.content_type;
    let is_plain = content_type.starts_with("application/json") || content_type.contains("+json");
    let odd = [("the content type", !is_plain), ("a byte order mark", drawn.headers.has_mark)];
    for (what, _) in odd.iter().filter(|(_, is_odd)| *is_odd) {
        list.push((*what, Learnable));
        items.push((*what, Learnable));
    }
    if let Some(single) = drawn.items {
        match single.found {
            Found::Bare | Found::Enveloped => {}
            Found::EnvelopedUndeclared => items.push(("single rows are in a member that is not declared", Strays)),
            Found::InArray => items.push(("single rows are in an array", Strays)),
            Found::Another => items.push(("a lookup gives another row", Strays)),
            Found::ErrorIn200 => items.push(("a lookup gives an error in a 200", Strays)),
        }
        match single.missing {
            Missing::Status(404) => {}
            Missing::Status(_) | Missing::NoContent => items.push(("the answer for no row", Learnable)),
            Missing::Null | Missing::EmptyObject | Missing::ErrorIn200 => items.push(("the answer for no row", Strays)),
        }
    }
    drawn.deviations = list;
    drawn.item_deviations = items;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names of all drawn values of a trait.
    fn names(of: impl Fn(&Personality) -> String) -> BTreeSet<String> {
        let name = |text: String| text.split([' ', '(']).next().unwrap_or_default().to_owned();
        (0..5_000).map(|seed| name(of(&draw(seed)))).collect()
    }

    #[test]
    fn a_seed_gives_the_same_personality_each_time() {
        for seed in [0, 1, 4711, u64::MAX] {
            assert_eq!(format!("{:?}", draw(seed)), format!("{:?}", draw(seed)));
        }
    }

    #[test]
    fn every_value_of_every_trait_is_drawn() {
        assert_eq!(names(|drawn| format!("{:?}", drawn.pages)).len(), 7);
        assert_eq!(names(|drawn| format!("{:?}", drawn.declared)).len(), 3);
        assert_eq!(names(|drawn| format!("{:?}", drawn.total)).len(), 13);
        assert_eq!(names(|drawn| format!("{:?}", drawn.end)).len(), 10);
        assert_eq!(names(|drawn| format!("{:?}", drawn.moves)).len(), 6);
        assert_eq!(names(|drawn| format!("{:?}", drawn.churn)).len(), 4);
        assert_eq!(names(|drawn| format!("{:?}", drawn.doubles)).len(), 3);
        assert_eq!(names(|drawn| format!("{:?}", drawn.incident.0)).len(), 7);
        assert_eq!(names(|drawn| drawn.items.map_or(String::new(), |items| format!("{:?}", items.found))).len(), 7);
        assert_eq!(names(|drawn| drawn.items.map_or(String::new(), |items| format!("{:?}", items.missing))).len(), 6);
        assert_eq!(names(|drawn| drawn.mistake.map_or(String::new(), |mistake| format!("{mistake:?}"))).len(), 4);
        assert_eq!(names(|drawn| drawn.page_cap.map_or(String::new(), |cap| format!("{cap:?}"))).len(), 3);
    }

    /// Most draws must return rows, so that a source cannot pass with errors only.
    #[test]
    fn at_least_half_of_the_apis_must_be_read_without_an_error() {
        let strays = (0..5_000).filter(|seed| draw(*seed).conduct() == Strays).count();
        assert!((1_000..2_500).contains(&strays), "{strays}");
    }

    #[test]
    fn lists_that_change_are_not_declared_to_be_consistent() {
        for drawn in (0..5_000).map(draw) {
            assert!(!(drawn.trusts && drawn.changes()), "{drawn:?}");
            assert!(!(drawn.short_page_is_last && drawn.holes.is_some()), "{drawn:?}");
        }
    }
}
