// Keeps the memory of this process in large pages, so that a fork has few entries to copy: 64 MiB stop the
// process for about 3 ms in pages of 4 KiB, for 0.1 ms in pages of 2 MiB. Pages that are written after a fork
// are small again, so it is asked for before every fork.
//
// Threading: any thread, while the others work.
// Errors:    none; where the kernel does not do it (before Linux 6.1) forks take longer.
#pragma once

namespace tickweir {

void use_large_pages();

}  // namespace tickweir
