//! What end users used before the gateway, as an operator's table says it: CSV with the columns issuer, subject, of, day
//! and amount.
//!
//! What it does *not* do: it books nothing; `store` does.

use aws_lc_rs::digest::{SHA256, digest};

use crate::principal::EndUserId;
use crate::quota::{Amounts, Day, Measure};
use crate::store::Used;

/// The first line.
const HEAD: [&str; 5] = ["issuer", "subject", "of", "day", "amount"];

/// A line that cannot be read. Nothing of the table is used then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub(super) struct UsedError {
    /// From 1 on.
    pub(super) line: usize,
    /// In words.
    pub(super) why: String,
}

/// A name for a table that no other table has: the same table is not booked twice.
pub(super) fn name(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the table. `issuers`: those that are configured.
///
/// # Errors
/// [`UsedError`]: the first line that cannot be read.
pub(super) fn parse(text: &str, issuers: &[&str]) -> Result<Vec<Used>, UsedError> {
    let mut used = Vec::new();
    for (line, row) in (1..).zip(text.lines()) {
        let wrong = |why: String| UsedError { line, why };
        if row.trim().is_empty() {
            continue;
        }
        let cells = cells(row).ok_or_else(|| wrong("a quote is not closed".into()))?;
        let [issuer, subject, of, day, amount] = cells.as_slice() else {
            return Err(wrong(format!("{} columns, not five: {}", cells.len(), HEAD.join(","))));
        };
        if line == 1 {
            if cells != HEAD {
                return Err(wrong(format!("the first line must be {}", HEAD.join(","))));
            }
            continue;
        }
        if !issuers.contains(&issuer.as_str()) {
            return Err(wrong("no issuer of that name is configured".into()));
        }
        if subject.is_empty() {
            return Err(wrong("there is no subject".into()));
        }
        let measure = Measure::ALL.into_iter().find(|measure| measure.name() == of);
        let known = || Measure::ALL.map(Measure::name).join(", ");
        let measure = measure.ok_or_else(|| wrong(format!("`of` must be one of {}", known())))?;
        let day = self::day(day).ok_or_else(|| wrong("the day must be like 2026-11-20".into()))?;
        let amount: u64 = amount.parse().map_err(|_| wrong("the amount must be a whole number".into()))?;
        let user = EndUserId { issuer: issuer.as_str().into(), subject: subject.as_str().into() };
        used.push(Used { line, user, day, amounts: Amounts::none().with(measure, amount) });
    }
    if used.is_empty() {
        return Err(UsedError { line: 1, why: "there is nothing in it".into() });
    }
    Ok(used)
}

fn day(text: &str) -> Option<Day> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let [year, month, day] = text.split('-').collect::<Vec<_>>().try_into().ok()?;
    let is_plain =
        (year.len(), month.len(), day.len()) == (4, 2, 2) && [year, month, day].map(digits) == [true; 3];
    if is_plain { Day::parse(format!("{year}{month}{day}").parse().ok()?) } else { None }
}

/// The cells of one line; a cell in quotes may hold commas, and quotes twice. `None`: a quote is not closed.
fn cells(row: &str) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut rest = row;
    loop {
        let mut cell = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let (part, after) = quoted.split_once('"')?;
                cell.push_str(part);
                match after.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        quoted = more;
                    }
                    None => {
                        rest = after;
                        break;
                    }
                }
            }
        }
        let (part, after) = rest.split_once(',').map_or((rest, None), |(part, after)| (part, Some(after)));
        cell.push_str(part.trim());
        cells.push(cell);
        match after {
            Some(after) => rest = after,
            None => return Some(cells),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";

    fn read(rows: &str) -> Result<Vec<Used>, UsedError> {
        parse(&format!("{}\n{rows}", HEAD.join(",")), &[ISSUER])
    }

    #[test]
    fn each_line_is_what_one_end_user_used_on_one_day() {
        let used = read(&format!(
            "{ISSUER},anna,images,2026-11-20,12\n\n{ISSUER},\"b, \"\"c\"\"\",cost_mc,2026-01-02,7\n"
        ));
        let used = used.unwrap();
        assert_eq!(used.len(), 2);
        assert_eq!((used[0].line, &*used[0].user.subject), (2, "anna"));
        assert_eq!(used[0].amounts, Amounts::none().with(Measure::Images, 12));
        assert_eq!(Some(used[0].day), Day::parse(20_261_120));
        assert_eq!((used[1].line, &*used[1].user.subject), (4, "b, \"c\""));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_and_nothing_is_used() {
        for (row, why) in [
            ("https://other.example,anna,images,2026-11-20,1", "issuer"),
            ("https://id.example,,images,2026-11-20,1", "subject"),
            ("https://id.example,anna,pictures,2026-11-20,1", "cost_mc"),
            ("https://id.example,anna,images,20.11.2026,1", "2026-11-20"),
            ("https://id.example,anna,images,2026-13-20,1", "2026-11-20"),
            ("https://id.example,anna,images,2026-11-20,-1", "whole number"),
            ("https://id.example,anna,images,2026-11-20", "4 columns"),
            ("https://id.example,\"anna,images,2026-11-20,1", "quote"),
        ] {
            let error = read(&format!("{ISSUER},anna,images,2026-11-20,12\n{row}")).unwrap_err();
            assert!(error.line == 3 && error.why.contains(why), "{row}: {error}");
        }
        assert!(parse("anna,12", &[ISSUER]).is_err() && read("").is_err());
    }
}
