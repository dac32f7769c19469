//! What a spec asks for as other engines' documents: desired resources -> text. Pure: reads nothing, writes nothing.

#[cfg(test)]
mod tests;
