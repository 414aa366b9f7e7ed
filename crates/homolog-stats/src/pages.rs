//! Pages that a process keeps when it frees them.

/// The largest buffer for which the GNU C library changes its mind, less room for its own header: its `DEFAULT_MMAP_THRESHOLD_MAX` on 64 bits.
const LARGEST: usize = 32 * 1024 * 1024 - 64 * 1024;

/// Makes buffers of up to 32 MB be given anew from memory that the process still has, where the GNU C library allocates: a loop that
/// frees and asks for some megabytes in each step otherwise has the system give, and clear, the same pages each time. In a step of
/// feature visualization this was a fifth of the time.
///
/// For a program to call once, before its threads begin. Up to 64 MB of freed memory then stay with the process. Elsewhere it does nothing.
///
/// # Reference
/// mallopt(3), `M_MMAP_THRESHOLD`, "dynamic adjusting": the free of a mapped buffer raises the size from which buffers are mapped to
/// that buffer's, and the free memory that is given back (`M_TRIM_THRESHOLD`) to twice that.
pub fn keep_freed() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGEST)));
}
