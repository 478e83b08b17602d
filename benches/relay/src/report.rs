//! What was measured, for people (Markdown) and for programs (a JSON object a line).

use std::fmt::{self, Write as _};

use crate::client::Dialect;
use crate::relays::FLOOR;

/// Everything that was measured, in the order it was.
#[derive(Debug, Default)]
pub struct Report {
    samples: Vec<Sample>,
    /// What cannot be measured here, and why.
    pub skipped: Vec<String>,
    /// What went wrong while it was measured, and how.
    pub failed: Vec<String>,
}

/// What was measured at once.
#[derive(Clone, Debug)]
pub struct Sample {
    pub setting: Setting,
    pub relay: &'static str,
    pub repetition: usize,
    pub values: Vec<Value>,
}

/// What is compared in one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub scenario: &'static str,
    /// Empty where the scenario has only one.
    pub case: String,
    /// `None` where it makes no difference.
    pub dialect: Option<Dialect>,
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Value {
    pub name: String,
    pub unit: &'static str,
    pub number: f64,
    weight: Weight,
}

/// Where a figure is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// In a column of its own.
    Column,
    /// Beside others in the last column.
    Detail,
}

/// The figures of one setting.
#[derive(Debug)]
pub struct Table {
    pub setting: Setting,
    /// Name and unit.
    columns: Vec<(String, &'static str)>,
    rows: Vec<Row>,
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Row {
    relay: &'static str,
    cells: Vec<Option<Cell>>,
    details: String,
}

/// One figure over all repetitions.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub median: f64,
    pub least: f64,
    pub most: f64,
    /// The median of its ratios to the bare copy within each repetition.
    pub ratio: Option<f64>,
}

impl Setting {
    pub fn new(scenario: &'static str, case: &str, dialect: Option<Dialect>) -> Setting {
        Setting {
            scenario,
            case: case.to_owned(),
            dialect,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scenario)?;
        if !self.case.is_empty() {
            write!(f, ": {}", self.case)?;
        }
        match self.dialect {
            Some(dialect) => write!(f, " ({dialect} dialect)"),
            None => Ok(()),
        }
    }
}

impl Sample {
    fn number(&self, name: &str) -> Option<f64> {
        let value = self.values.iter().find(|value| value.name == name);
        value.map(|value| value.number)
    }
}

impl Value {
    pub fn new(name: &str, unit: &'static str, number: f64) -> Value {
        Value {
            name: name.to_owned(),
            unit,
            number,
            weight: Weight::Column,
        }
    }

    pub fn mebibytes(name: &str, bytes: u64) -> Value {
        Value::new(name, "MiB", bytes as f64 / f64::from(1 << 20))
    }

    /// A figure of many that stand together in one column.
    pub fn detail(name: String, number: f64) -> Value {
        Value {
            name,
            unit: "",
            number,
            weight: Weight::Detail,
        }
    }
}

impl Report {
    /// Takes note of what was found.
    pub fn add(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    /// A table for each setting, in the order they were measured.
    pub fn tables(&self) -> Vec<Table> {
        let mut settings: Vec<&Setting> = Vec::new();
        for sample in &self.samples {
            if !settings.contains(&&sample.setting) {
                settings.push(&sample.setting);
            }
        }
        settings
            .into_iter()
            .map(|setting| self.table(setting))
            .collect()
    }

    fn table(&self, setting: &Setting) -> Table {
        let samples: Vec<&Sample> = self
            .samples
            .iter()
            .filter(|sample| sample.setting == *setting)
            .collect();
        let mut columns = Vec::new();
        let mut relays = Vec::new();
        for sample in &samples {
            for value in sample
                .values
                .iter()
                .filter(|value| value.weight == Weight::Column)
            {
                let column = (value.name.clone(), value.unit);
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
            if !relays.contains(&sample.relay) {
                relays.push(sample.relay);
            }
        }
        let rows = relays.into_iter().map(|relay| Row {
            relay,
            cells: columns
                .iter()
                .map(|(name, _)| cell(&samples, relay, name))
                .collect(),
            details: details(&samples, relay),
        });
        Table {
            setting: setting.clone(),
            rows: rows.collect(),
            columns,
            samples: samples.into_iter().cloned().collect(),
        }
    }

    /// A JSON object for each sample, a line each.
    pub fn json_lines(&self) -> String {
        let mut lines = String::new();
        for Sample {
            setting,
            relay,
            repetition,
            values,
        } in &self.samples
        {
            let Setting {
                scenario,
                case,
                dialect,
            } = setting;
            let dialect = dialect.map_or("null".to_owned(), |dialect| format!("\"{dialect}\""));
            let values: Vec<String> = values
                .iter()
                .map(
                    |Value {
                         name, unit, number, ..
                     }| {
                        format!("\"{}\":{number}", format!("{name} {unit}").trim())
                    },
                )
                .collect();
            // None of these texts holds a quote, a backslash or a control character.
            writeln!(
                lines,
                "{{\"scenario\":\"{scenario}\",\"case\":\"{case}\",\"dialect\":{dialect},\"relay\":\"{relay}\",\
                 \"repetition\":{repetition},\"values\":{{{}}}}}",
                values.join(",")
            )
            .expect("a String takes everything");
        }
        lines
    }
}

impl Table {
    /// The figure of a relay in a column.
    pub fn cell(&self, relay: &str, column: &str) -> Option<Cell> {
        let column = self.columns.iter().position(|(name, _)| name == column)?;
        let row = self.rows.iter().find(|row| row.relay == relay)?;
        row.cells[column]
    }

    /// How a relay's figure compares with another's: the median of the ratios within each repetition.
    pub fn ratio(&self, relay: &str, other: &str, column: &str) -> Option<f64> {
        let samples: Vec<&Sample> = self.samples.iter().collect();
        ratio(&samples, relay, other, column)
    }

    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }
}

/// As Markdown has it.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detailed = self.rows.iter().any(|row| !row.details.is_empty());
        write!(f, "**{}**\n\n| relay |", self.setting)?;
        for (name, unit) in &self.columns {
            match *unit {
                "" => write!(f, " {name} |")?,
                unit => write!(f, " {name}, {unit} |")?,
            }
        }
        writeln!(f, "{}", if detailed { " each |" } else { "" })?;
        writeln!(
            f,
            "|---|{}",
            "---:|".repeat(self.columns.len()) + if detailed { "---|" } else { "" }
        )?;
        for row in &self.rows {
            write!(f, "| {} |", row.relay)?;
            for cell in &row.cells {
                match cell {
                    Some(cell) => write!(f, " {cell} |")?,
                    None => write!(f, " |")?,
                }
            }
            writeln!(
                f,
                "{}",
                if detailed {
                    format!(" {} |", row.details)
                } else {
                    String::new()
                }
            )?;
        }
        Ok(())
    }
}

/// `31.2 (30.1–33.0) ×1.04`: the median, the least and the most, and the ratio to the bare copy.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&figure(self.median))?;
        if self.least < self.most {
            write!(f, " ({}–{})", figure(self.least), figure(self.most))?;
        }
        match self.ratio {
            Some(ratio) => write!(f, " ×{ratio:.2}"),
            None => Ok(()),
        }
    }
}

fn cell(samples: &[&Sample], relay: &str, name: &str) -> Option<Cell> {
    let own = samples.iter().filter(|sample| sample.relay == relay);
    let numbers = sorted(own.filter_map(|sample| sample.number(name)));
    Some(Cell {
        median: median(&numbers)?,
        least: *numbers.first()?,
        most: *numbers.last()?,
        ratio: (relay != FLOOR.name)
            .then(|| ratio(samples, relay, FLOOR.name, name))
            .flatten(),
    })
}

/// The median of the ratios of one relay's figure to another's within each repetition.
fn ratio(samples: &[&Sample], relay: &str, other: &str, name: &str) -> Option<f64> {
    let theirs = |repetition: usize| {
        let same = |sample: &&&Sample| sample.relay == other && sample.repetition == repetition;
        let number = samples.iter().find(same)?.number(name);
        number.filter(|&number| number > 0.0)
    };
    let own = samples.iter().filter(|sample| sample.relay == relay);
    let ratios = own.filter_map(|sample| Some(sample.number(name)? / theirs(sample.repetition)?));
    median(&sorted(ratios))
}

/// What the first repetition tells in detail.
fn details(samples: &[&Sample], relay: &str) -> String {
    let sample = samples.iter().find(|sample| sample.relay == relay);
    let values = sample.into_iter().flat_map(|sample| &sample.values);
    let shown = values
        .filter(|value| value.weight == Weight::Detail && value.number >= 0.005)
        .map(|value| format!("{} {:.2}", value.name, value.number));
    shown.collect::<Vec<_>>().join(", ")
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        even if even % 2 == 0 => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
        _ => Some(sorted[middle]),
    }
}

/// Three digits that matter.
fn figure(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        ..1.0 => format!("{number:.3}"),
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(relay: &'static str, repetition: usize, number: f64) -> Sample {
        Sample {
            setting: Setting::new("round-trip", "paced", None),
            relay,
            repetition,
            values: vec![Value::new("p50", "µs", number)],
        }
    }

    #[test]
    fn a_ratio_is_taken_within_each_repetition() {
        let mut report = Report::default();
        for (repetition, drift) in [1.0, 10.0, 3.0].into_iter().enumerate() {
            report.add(sample(FLOOR.name, repetition, 20.0 * drift));
            report.add(sample("msg", repetition, 22.0 * drift));
        }
        let tables = report.tables();
        let cell = tables[0].cell("msg", "p50").unwrap();
        assert_eq!(cell.to_string(), "66.0 (22.0–220) ×1.10");
        let floor = tables[0].cell(FLOOR.name, "p50").unwrap();
        assert_eq!(floor.ratio, None);
    }

    #[test]
    fn a_sample_is_a_line_of_json() {
        let mut report = Report::default();
        report.add(sample("msg", 2, 1.5));
        assert_eq!(
            report.json_lines(),
            "{\"scenario\":\"round-trip\",\"case\":\"paced\",\"dialect\":null,\"relay\":\"msg\",\
             \"repetition\":2,\"values\":{\"p50 µs\":1.5}}\n"
        );
    }
}
