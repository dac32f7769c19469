//! YAML text -> a tree with spans. The only file that names the YAML crate; knows no key of the spec.

use crate::model::node::{Data, MapEntry, Node, Piece, Scalar, Span, SpannedName};
use crate::model::problem::SpecProblem;
use serde_saphyr::granit_parser::{self, ErrorKind, Event, Parser, ScalarStyle, ScanError};
use std::collections::HashMap;

mod json;

/// The deepest right spec has about ten levels.
const MAX_DEPTH: usize = 64;
/// Values of a document; a megabyte of spec has about 60,000.
const MAX_VALUES: usize = 1_000_000;
/// Values of a document of another engine: a Terraform state of tens of megabytes.
const MAX_FOREIGN_VALUES: usize = 4_000_000;
/// Values that anchors and aliases repeat: an alias bomb ends here.
const MAX_REPEATED: usize = 100_000;

/// Whose words a file has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Dialect {
    #[default]
    Spec,
    /// Another engine's, YAML or JSON: a tag is a function, so that `!Sub x` is the map `Fn::Sub: x`.
    Foreign,
}

impl Dialect {
    fn most_values(self) -> usize {
        match self {
            Dialect::Spec => MAX_VALUES,
            Dialect::Foreign => MAX_FOREIGN_VALUES,
        }
    }

    fn help(self, problem: SpecProblem, words: &str) -> SpecProblem {
        match self {
            Dialect::Spec => problem.help(words),
            Dialect::Foreign => problem,
        }
    }
}

/// What a file holds.
#[derive(Debug)]
pub struct Parsed {
    pub root: Node,
    /// Mistakes that do not keep it from being read.
    pub problems: Vec<SpecProblem>,
    /// Where comments stand, each from its `#`, in the order of the file.
    pub comments: Vec<Span>,
}

/// Reads a document as a tree. `Err` where it cannot be read on.
pub fn read(text: &str) -> Result<Parsed, SpecProblem> {
    read_as(text, Dialect::Spec)
}

/// Reads a document of another engine, YAML or JSON. A tag becomes a map: `!Ref x` is `Ref: x`, `!Sub x` is `Fn::Sub: x`.
///
/// # Errors
/// Where it cannot be read on.
pub fn read_foreign(text: &str) -> Result<Node, SpecProblem> {
    let (joined, moves) = json::join_surrogates(text);
    let mut parsed = read_as(&joined, Dialect::Foreign).map_err(|mut problem| {
        problem.span = json::moved(problem.span, &moves);
        problem.also = problem.also.map(|(span, words)| (json::moved(span, &moves), words));
        problem
    })?;
    if !moves.is_empty() {
        each_span(&mut parsed.root, &|span| json::moved(span, &moves));
    }
    Ok(parsed.root)
}

fn read_as(text: &str, dialect: Dialect) -> Result<Parsed, SpecProblem> {
    if let Some(at) = text.bytes().position(|b| b == 0) {
        return Err(SpecProblem::new(Span::new(at, at + 1), "a NUL byte: this is not a text file")
            .help("save the file as UTF-8 text"));
    }
    // A byte order mark is allowed at the beginning and means nothing.
    let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let body = &text[skipped..];
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        max_buffered_comment_events: MAX_VALUES,
    };
    let mut builder = Builder { text: body, dialect, ..Builder::default() };
    for event in Parser::new_from_str_with_options(body, options) {
        let (event, span) = event.map_err(|error| shifted(syntax_error(body, &error), skipped))?;
        let place = |span: granit_parser::Span| span.byte_range().map(|range| Span::new(range.start, range.end));
        builder
            .event(event, place(span).unwrap_or_default(), span.tag_span().and_then(place))
            .map_err(|problem| shifted(problem, skipped))?;
    }
    let end = Span::new(body.len(), body.len());
    let mut root = builder.root.unwrap_or(Node::new(end, Data::Null));
    if skipped > 0 {
        shift(&mut root, skipped);
    }
    let moved = |span: Span| Span::new(span.start + skipped, span.end + skipped);
    Ok(Parsed {
        root,
        problems: builder.problems.into_iter().map(|problem| shifted(problem, skipped)).collect(),
        comments: builder.comments.into_iter().map(moved).collect(),
    })
}

const SPLIT: &str = "split the spec into several files, each with a stack of its own";

#[derive(Default)]
struct Builder<'t> {
    text: &'t str,
    dialect: Dialect,
    open: Vec<OpenCollection>,
    root: Option<Node>,
    documents: usize,
    values: usize,
    repeated: usize,
    /// The finished node of each anchor, and how many values it holds.
    anchors: HashMap<usize, (Node, usize)>,
    problems: Vec<SpecProblem>,
    comments: Vec<Span>,
}

/// A list or map whose end has not come.
struct OpenCollection {
    start: Span,
    anchor: usize,
    values_before: usize,
    function: Option<SpannedName>,
    content: YamlContent,
}

enum YamlContent {
    List(Vec<Node>),
    /// The key that waits for its value stands beside the finished entries.
    Map(Vec<MapEntry>, Option<SpannedName>),
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span, tag: Option<Span>) -> Result<(), SpecProblem> {
        let mut function = None;
        if let Some(named) = event.tag() {
            let place = tag.unwrap_or_else(|| line_of(self.text, span));
            match self.dialect {
                Dialect::Spec => {
                    let problem = SpecProblem::new(place, "a YAML tag means nothing here");
                    self.problems.push(problem.help("leave it out; a text that begins with ! needs quotes"));
                }
                Dialect::Foreign if named.handle() == "tag:yaml.org,2002:" => {}
                Dialect::Foreign => function = Some(SpannedName { text: function_name(named.suffix()), span: place }),
            }
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let problem = SpecProblem::new(span, "a second document begins here: a file holds one");
                    return Err(self.dialect.help(problem, "keep each spec in a file of its own"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                self.count(1, span)?;
                let is_block = matches!(style, ScalarStyle::Folded | ScalarStyle::Literal);
                if text.is_empty() && is_block && self.dialect == Dialect::Spec {
                    self.empty_block(span);
                    return self.add(Node::new(span, Data::Hole));
                }
                let node = called(function, Node::new(span, self.scalar(text.into_owned(), style, span)));
                self.remember(anchor, &node, 1)?;
                self.add(node)
            }
            Event::SequenceStart(_, anchor, _) => self.push(span, anchor, function, YamlContent::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.push(span, anchor, function, YamlContent::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => {
                let Some((node, values)) = self.anchors.get(&anchor) else {
                    return Err(SpecProblem::new(span, "this alias is inside the value it repeats"));
                };
                let (mut node, values) = (node.clone(), *values);
                node.span = span;
                if let Data::Scalar(scalar) = &mut node.data {
                    scalar.pieces.clear();
                }
                self.count_repeated(values, span)?;
                self.add(node)
            }
            Event::Comment(..) => {
                self.comments.push(span);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(&self, text: String, style: ScalarStyle, span: Span) -> Data {
        let plain = style == ScalarStyle::Plain;
        if plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL") {
            return Data::Null;
        }
        let pieces = self.pieces(&text, style, span);
        Data::Scalar(Scalar { text, quoted: !plain, pieces })
    }

    /// `threshold: >5` without quotes is the head of a block without a text: never meant.
    fn empty_block(&mut self, span: Span) {
        let at = self.text[..span.start.min(self.text.len())].rfind(['>', '|']).unwrap_or(span.start);
        self.problems.push(block_head(self.text, at));
    }

    /// Where the lines of a text stand in the source.
    fn pieces(&self, text: &str, style: ScalarStyle, span: Span) -> Vec<Piece> {
        let Some(source) = self.text.get(span.start..span.end) else { return Vec::new() };
        let start = usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        if source.get(start..).is_some_and(|rest| rest.starts_with(text)) {
            return vec![Piece { text: 0, source: span.start + start, length: text.len() }];
        }
        let (mut pieces, mut in_text, mut in_source) = (Vec::new(), 0, start);
        for line in source[start..].split_inclusive('\n') {
            let words = line.trim();
            if !words.is_empty() {
                let Some(found) = text[in_text..].find(words) else { return Vec::new() };
                let indent = line.len() - line.trim_start().len();
                let source = span.start + in_source + indent;
                pieces.push(Piece { text: in_text + found, source, length: words.len() });
                in_text += found + words.len();
            }
            in_source += line.len();
        }
        pieces
    }

    fn count(&mut self, values: usize, span: Span) -> Result<(), SpecProblem> {
        self.values = self.values.saturating_add(values);
        let most = self.dialect.most_values();
        match self.values > most {
            true => Err(self.dialect.help(SpecProblem::new(span, format!("more than {most} values")), SPLIT)),
            false => Ok(()),
        }
    }

    fn count_repeated(&mut self, values: usize, span: Span) -> Result<(), SpecProblem> {
        self.repeated = self.repeated.saturating_add(values);
        match self.repeated > MAX_REPEATED {
            true => {
                let message = format!("more than {MAX_REPEATED} values that anchors and aliases repeat");
                Err(self.dialect.help(SpecProblem::new(span, message), SPLIT))
            }
            false => self.count(values, span),
        }
    }

    fn push(
        &mut self,
        start: Span,
        anchor: usize,
        function: Option<SpannedName>,
        content: YamlContent,
    ) -> Result<(), SpecProblem> {
        self.count(1, start)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(start));
        }
        self.open.push(OpenCollection { start, anchor, values_before: self.values - 1, function, content });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), SpecProblem> {
        let Some(OpenCollection { start, anchor, values_before, function, content }) = self.open.pop() else {
            return Ok(());
        };
        // Most lists and maps are short, and a file has as many as it has alarms: room to grow in would outweigh them.
        let (data, last) = match content {
            YamlContent::List(mut items) => {
                items.shrink_to_fit();
                let last = items.last().map(|item| item.span.end);
                (Data::List(items), last)
            }
            YamlContent::Map(mut entries, _) => {
                entries.shrink_to_fit();
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.name.span.end));
                (Data::Map(self.merged(entries)), last)
            }
        };
        // A block ends where its last value does; a flow collection has a bracket of its own.
        let end = if end.end > end.start { end.end } else { last.unwrap_or(start.end) };
        let node = called(function, Node::new(Span::new(start.start, end), data));
        self.remember(anchor, &node, self.values - values_before)?;
        self.add(node)
    }

    /// Keeps the copy that aliases are filled in from; it counts too, since anchors may stand inside anchors.
    fn remember(&mut self, anchor: usize, node: &Node, values: usize) -> Result<(), SpecProblem> {
        if anchor > 0 {
            self.count_repeated(values, node.span)?;
            self.anchors.insert(anchor, (node.clone(), values));
        }
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), SpecProblem> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(YamlContent::List(items)) => items.push(node),
            Some(YamlContent::Map(entries, key)) => match key.take() {
                Some(name) => entries.push(MapEntry { name, value: node }),
                None => {
                    let text = match node.data {
                        Data::Scalar(scalar) => scalar.text,
                        Data::Null => "null".to_owned(),
                        _ => {
                            return Err(SpecProblem::new(
                                line_of(self.text, node.span),
                                "a key cannot be a list or a map",
                            )
                            .help(
                                "a text that begins with [ or { needs quotes; so does a value with ${…} inside { }",
                            ));
                        }
                    };
                    *key = Some(SpannedName { text, span: node.span });
                }
            },
        }
        Ok(())
    }

    /// Fills in `<<: *anchor` (YAML 1.1 merge keys): what the map says itself wins.
    fn merged(&mut self, entries: Vec<MapEntry>) -> Vec<MapEntry> {
        // In quotes it is a name like any other.
        let is_merge = |entry: &MapEntry| {
            entry.name.text == "<<" && self.text.get(entry.name.span.start..).is_some_and(|rest| rest.starts_with('<'))
        };
        if !entries.iter().any(is_merge) {
            return entries;
        }
        let (merges, mut own): (Vec<MapEntry>, Vec<MapEntry>) = entries.into_iter().partition(is_merge);
        for merge in merges {
            let sources = if merge.value.items().is_empty() { vec![merge.value] } else { merge.value.items().to_vec() };
            for source in sources {
                let Data::Map(inherited) = source.data else {
                    self.problems
                        .push(SpecProblem::new(source.span, "`<<` takes an alias of a map, such as `<<: *base`"));
                    continue;
                };
                for entry in inherited {
                    if !own.iter().any(|known| known.name.text == entry.name.text) {
                        own.push(entry);
                    }
                }
            }
        }
        own
    }
}

/// The function that a tag stands for.
fn function_name(tag: &str) -> String {
    if matches!(tag, "Ref" | "Condition") { tag.to_owned() } else { format!("Fn::{tag}") }
}

/// A value with its function around it.
fn called(function: Option<SpannedName>, node: Node) -> Node {
    match function {
        Some(name) => {
            Node::new(Span::new(name.span.start, node.span.end), Data::Map(vec![MapEntry { name, value: node }]))
        }
        None => node,
    }
}

fn too_deep(span: Span) -> SpecProblem {
    SpecProblem::new(span, format!("nested more than {MAX_DEPTH} levels deep")).help("a spec has about ten levels")
}

/// `>` and `|` begin a text that stands on the lines below.
fn block_head(text: &str, at: usize) -> SpecProblem {
    let head = line_of(text, Span::new(at, text.len()));
    let line = text.get(at..head.end).unwrap_or_default();
    let written = line.split_once(" #").map_or(line, |(value, _)| value).trim_end();
    SpecProblem::new(Span::new(at, at + written.len()), "a text that begins with > or | needs quotes")
        .help(format!("write \"{}\"", written.replace('"', "\\\"")))
}

/// The part of a span that is on its first line.
fn line_of(text: &str, span: Span) -> Span {
    let end = text.get(span.start..span.end).and_then(|part| part.find('\n')).map_or(span.end, |at| span.start + at);
    Span::new(span.start, end)
}

fn syntax_error(text: &str, error: &ScanError) -> SpecProblem {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let next = text.get(at..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let span = Span::new(at, at + next);
    let problem = |message: &str| SpecProblem::new(span, format!("this is not YAML: {message}"));
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(span),
        ErrorKind::TabInIndentation | ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed => {
            problem("a tab where spaces are needed").help("YAML is indented with spaces only")
        }
        ErrorKind::InvalidQuotedScalarIndent => problem("a quoted text before this line is not closed")
            .help("close the quote, or indent the lines that the text goes on in"),
        ErrorKind::ExpectedBlockMappingKey => {
            problem("no key is expected in this column").help("keys that belong together begin in the same column")
        }
        ErrorKind::UnexpectedCharacter { character } => problem(&format!("no text begins with {character}"))
            .help(format!("a text that begins with {character} needs quotes")),
        ErrorKind::InvalidBlockScalarHeader => block_head(text, at),
        ErrorKind::MappingValueNotAllowed => problem("no colon is expected here")
            .help("perhaps the line before lacks its colon; a text with a colon and a space in it needs quotes"),
        ErrorKind::MissingAnchorOrAliasName => {
            problem("a `*` or `&` without a name").help("a text that begins with * or & needs quotes")
        }
        ErrorKind::UnclosedQuotedScalar => problem("this quoted text never ends").help("close the quote"),
        ErrorKind::UnclosedFlowCollection { open } => {
            problem(&format!("this `{open}` is never closed")).help("add the closing bracket")
        }
        ErrorKind::UnknownAnchor => problem("this alias has no anchor before it")
            .help("a value that begins with * or & needs quotes; an alias *name needs an earlier &name"),
        ErrorKind::UnknownQuotedScalarEscape => problem("an unknown escape in a text in double quotes")
            .help(r#"write \\ for a backslash, or use single quotes"#),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            problem("something follows a quoted text")
                .help("a comma is missing, or the quotes do not go around the whole text")
        }
        kind => {
            let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
            let line = text[line_start..].lines().next().unwrap_or_default();
            let problem = problem(&kind.to_string());
            if line.contains("${") {
                problem.help("inside { } or [ ], write a variable in quotes: \"${name}\"")
            } else {
                problem.help(
                    "check the indentation of this line and the one before, colons followed by a space, and quotes",
                )
            }
        }
    }
}

pub fn shifted(mut problem: SpecProblem, by: usize) -> SpecProblem {
    let moved = |span: Span| Span::new(span.start + by, span.end + by);
    problem.span = moved(problem.span);
    problem.also = problem.also.map(|(span, words)| (moved(span), words));
    problem
}

/// Moves a tree by so many bytes.
pub fn shift(node: &mut Node, by: usize) {
    each_span(node, &|span| Span::new(span.start + by, span.end + by));
}

/// Moves every span of a tree.
fn each_span(node: &mut Node, moved: &dyn Fn(Span) -> Span) {
    node.span = moved(node.span);
    match &mut node.data {
        Data::Scalar(scalar) => scalar.pieces.iter_mut().for_each(|piece| {
            piece.source = moved(Span::new(piece.source, piece.source)).start;
        }),
        Data::List(items) => items.iter_mut().for_each(|item| each_span(item, moved)),
        Data::Map(entries) => entries.iter_mut().for_each(|entry| {
            entry.name.span = moved(entry.name.span);
            each_span(&mut entry.value, moved);
        }),
        Data::Null | Data::Hole => {}
    }
}
