// The ELF note with the build facts of a plugin. Included by stage.h; nothing here is called.
//
// The note is plain bytes in a section of its own, so the runtime (and `tickweir inspect`) can read it
// from the file and refuse a mismatch before any code of the plugin, static constructors included, runs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tickweir/plugin.h"

namespace tickweir::detail {

constexpr std::size_t note_padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

// An ELF note (gABI "Note Section"): three 32-bit words, then owner and text, each padded to 4 bytes.
// An aggregate, so that the compiler places it in read-only memory, as a note must be.
template <std::size_t TextBytes>
struct Note {
  std::uint32_t owner_size;
  std::uint32_t text_size;
  std::uint32_t type;
  char owner[note_padded(sizeof TICKWEIR_NOTE_OWNER)];
  char text[note_padded(TextBytes - 1)];
};

template <std::size_t TextBytes>
consteval Note<TextBytes> make_note(std::uint32_t type, const char (&text)[TextBytes]) {
  Note<TextBytes> note{sizeof TICKWEIR_NOTE_OWNER, TextBytes - 1, type, TICKWEIR_NOTE_OWNER, {}};
  for (std::size_t i = 0; i + 1 < TextBytes; ++i) note.text[i] = text[i];
  return note;
}

}  // namespace tickweir::detail

#define TICKWEIR_TEXT_OF_(x) #x
#define TICKWEIR_TEXT_OF(x) TICKWEIR_TEXT_OF_(x)

#if defined(__SANITIZE_ADDRESS__)
#define TICKWEIR_BUILD_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define TICKWEIR_BUILD_SANITIZER "thread"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TICKWEIR_BUILD_SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define TICKWEIR_BUILD_SANITIZER "thread"
#endif
#endif
#ifndef TICKWEIR_BUILD_SANITIZER
#define TICKWEIR_BUILD_SANITIZER "none"
#endif

// The newest instruction set the compiler was allowed to use; names as in __builtin_cpu_supports.
#if defined(__AVX512F__)
#define TICKWEIR_BUILD_CPU "avx512f"
#elif defined(__AVX2__)
#define TICKWEIR_BUILD_CPU "avx2"
#elif defined(__SSE4_2__)
#define TICKWEIR_BUILD_CPU "sse4.2"
#else
#define TICKWEIR_BUILD_CPU "baseline"
#endif

#if defined(__clang__)
#define TICKWEIR_BUILD_COMPILER "clang " __clang_version__
#else
#define TICKWEIR_BUILD_COMPILER "gcc " __VERSION__
#endif

#if defined(__GLIBCXX__)
#define TICKWEIR_BUILD_STDLIB "libstdc++"
#else
#define TICKWEIR_BUILD_STDLIB "other"
#endif

// clang's AddressSanitizer would put red zones between the notes, and the section were none any more.
#if defined(__clang__)
#define TICKWEIR_BARE_BYTES [[clang::no_sanitize("address")]]
#else
#define TICKWEIR_BARE_BYTES
#endif

#define TICKWEIR_NOTE(note_type, name, text)                                                     \
  TICKWEIR_BARE_BYTES                                                                            \
      [[gnu::section(TICKWEIR_NOTE_SECTION), gnu::used]] alignas(4) static constexpr auto name = \
          ::tickweir::detail::make_note(note_type, text)

#define TICKWEIR_BUILD_NOTE(plugin_name)                                                          \
  TICKWEIR_NOTE(TICKWEIR_NOTE_BUILD, tickweir_build_note,                                         \
                "abi=" TICKWEIR_TEXT_OF(TICKWEIR_ABI_MAJOR) "." TICKWEIR_TEXT_OF(                 \
                    TICKWEIR_ABI_MINOR) "\n"                                                      \
                "sdk=" TICKWEIR_SDK_VERSION "\n"                                                  \
                "name=" plugin_name "\n"                                                          \
                "compiler=" TICKWEIR_BUILD_COMPILER "\n"                                          \
                "stdlib=" TICKWEIR_BUILD_STDLIB "\n"                                              \
                "sanitizer=" TICKWEIR_BUILD_SANITIZER "\n"                                        \
                "cpu=" TICKWEIR_BUILD_CPU "\n");                                                  \
  TICKWEIR_NOTE(TICKWEIR_NOTE_LAYOUT, tickweir_header_layout_note, TICKWEIR_HEADER_LAYOUT)
