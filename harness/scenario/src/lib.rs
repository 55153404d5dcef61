//! The scenario language: model, diagnostics, matrix expansion.
