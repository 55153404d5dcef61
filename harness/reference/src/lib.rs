//! The reference device: the specified bootloader as a model, its images and its planted bugs.
