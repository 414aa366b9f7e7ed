//! Dates as netCDF has them: a count since an instant.

const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;

/// Each count since an instant as ISO 8601 text, or None when the units or the calendar are not understood.
///
/// Convention: CF 1.11, section 4.4, `"days since 2021-02-16 11:41:55"`; the Gregorian calendar without leap seconds.
pub(super) fn iso_dates(counts: &[i64], units: &str, calendar: Option<&str>) -> Option<Vec<String>> {
    if !matches!(calendar, None | Some("standard" | "gregorian" | "proleptic_gregorian")) {
        return None;
    }
    let (unit, since) = units.split_once(" since ")?;
    let nanoseconds: i128 = match unit.trim().trim_end_matches('s') {
        "day" => 86_400 * NANOSECONDS_PER_SECOND,
        "hour" => 3_600 * NANOSECONDS_PER_SECOND,
        "minute" => 60 * NANOSECONDS_PER_SECOND,
        "second" => NANOSECONDS_PER_SECOND,
        "millisecond" => 1_000_000,
        "microsecond" => 1_000,
        "nanosecond" => 1,
        _ => return None,
    };
    let start = instant(since.trim())?;
    Some(counts.iter().map(|count| iso_text(start + i128::from(*count) * nanoseconds)).collect())
}

/// Nanoseconds since 1970-01-01 of `2021-02-16`, `2021-02-16 11:41` or `2021-02-16T11:41:55.5`.
fn instant(text: &str) -> Option<i128> {
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "0:0:0"));
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let mut parts = time.trim_end_matches(['Z', ' ']).splitn(3, ':');
    let hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next().unwrap_or("0").parse().ok()?;
    let second: f64 = parts.next().unwrap_or("0").parse().ok().filter(|second| (0.0..61.0).contains(second))?;
    let seconds =
        i128::from(days_since_1970(year, month, day)) * 86_400 + i128::from(hour) * 3_600 + i128::from(minute) * 60;
    Some(seconds * NANOSECONDS_PER_SECOND + (second * 1e9).round() as i128)
}

/// Days from 1970-01-01 to a date: whole years counted from a March, so that the leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

fn iso_text(nanoseconds: i128) -> String {
    let seconds = nanoseconds.div_euclid(NANOSECONDS_PER_SECOND);
    let fraction = nanoseconds.rem_euclid(NANOSECONDS_PER_SECOND);
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_of(day);
    let mut text =
        format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
    if fraction != 0 {
        text.push_str(format!(".{fraction:09}").trim_end_matches('0'));
    }
    text
}

/// The date that many days after 1970-01-01; the inverse of [`days_since_1970`].
fn date_of(days: i128) -> (i128, i128, i128) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::iso_dates;

    #[test]
    fn counts_since_an_instant_become_dates() {
        assert_eq!(
            iso_dates(&[0, 1, -46], "days since 2021-02-16 11:41:55", Some("proleptic_gregorian")),
            Some(vec![
                "2021-02-16T11:41:55".to_owned(),
                "2021-02-17T11:41:55".to_owned(),
                "2021-01-01T11:41:55".to_owned()
            ])
        );
        // 2000 was a leap year, 1900 was not.
        assert_eq!(iso_dates(&[59], "days since 2000-01-01", None), Some(vec!["2000-02-29T00:00:00".to_owned()]));
        assert_eq!(iso_dates(&[59], "days since 1900-01-01", None), Some(vec!["1900-03-01T00:00:00".to_owned()]));
        assert_eq!(
            iso_dates(&[1_500], "milliseconds since 1969-12-31T23:59:59", None),
            Some(vec!["1970-01-01T00:00:00.5".to_owned()])
        );
    }

    #[test]
    fn what_is_not_a_date_is_left_alone() {
        assert_eq!(iso_dates(&[1], "ms", None), None);
        assert_eq!(iso_dates(&[1], "days since the flood", None), None);
        assert_eq!(iso_dates(&[1], "days since 2000-01-01", Some("360_day")), None);
    }
}
