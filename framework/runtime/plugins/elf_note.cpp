#include "runtime/plugins/elf_note.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

#include "runtime/plugins/file_bytes.h"
#include "tickweir/plugin.h"

namespace tickweir {

namespace {

constexpr std::size_t note_section_bytes_max = std::size_t{1} << 20;
constexpr std::size_t layouts_max = 4096;

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_386:
      return "i386";
    case EM_RISCV:
      return "riscv";
    default:
      return "machine number " + std::to_string(machine);
  }
}

// The first bytes of a file that is no ELF file, so that its reader recognizes it.
std::string shown_start(std::span<const std::uint8_t> bytes) {
  std::string shown = "\"";
  for (const std::uint8_t byte : bytes.first(std::min<std::size_t>(bytes.size(), 8))) {
    shown += byte >= 0x20 && byte < 0x7F ? static_cast<char>(byte) : '.';
  }
  return shown + "\"";
}

Error cut_short(const FileBytes& file, const char* what) {
  return {"is cut short: its " + std::string(what) + " lie beyond its end (" + std::to_string(file.size()) +
          " bytes)"};
}

Result<Elf64_Ehdr> read_header(const FileBytes& file) {
  if (file.size() == 0) return Error{"is empty; a plugin is an ELF shared object"};
  std::vector<std::uint8_t> start(std::min<std::uint64_t>(file.size(), sizeof(Elf64_Ehdr)));
  if (!file.read(0, start)) return Error{"cannot be read"};
  if (start.size() < SELFMAG || std::memcmp(start.data(), ELFMAG, SELFMAG) != 0) {
    return Error{"is not an ELF shared object: it starts with " + shown_start(start)};
  }
  if (start.size() < sizeof(Elf64_Ehdr)) return cut_short(file, "headers");
  Elf64_Ehdr header;
  std::memcpy(&header, start.data(), sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return Error{"is not a 64-bit little-endian ELF file"};
  }
  if (header.e_type != ET_DYN) {
    return Error{"is an ELF file, but not a shared object (type " + std::to_string(header.e_type) + ")"};
  }
  return header;
}

Result<std::vector<Elf64_Shdr>> read_sections(const FileBytes& file, const Elf64_Ehdr& header) {
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  if (header.e_shnum == 0) return sections;
  if (header.e_shentsize != sizeof(Elf64_Shdr)) {
    return Error{"has section headers of " + std::to_string(header.e_shentsize) + " bytes, expected 64"};
  }
  const std::span bytes(reinterpret_cast<std::uint8_t*>(sections.data()),
                        sections.size() * sizeof(Elf64_Shdr));
  if (!file.read(header.e_shoff, bytes)) return cut_short(file, "section headers");
  return sections;
}

// The bytes of all note sections with our name, one after the other; empty when there is none.
Result<std::vector<std::uint8_t>> read_note_bytes(const FileBytes& file) {
  auto header = read_header(file);
  if (!header) return std::move(header.error());
  auto sections = read_sections(file, *header);
  if (!sections) return std::move(sections.error());
  std::vector<std::uint8_t> notes;
  if (header->e_shstrndx >= sections->size()) return notes;
  const Elf64_Shdr& names = (*sections)[header->e_shstrndx];
  constexpr std::string_view wanted{TICKWEIR_NOTE_SECTION, sizeof TICKWEIR_NOTE_SECTION};  // with its NUL
  for (const Elf64_Shdr& section : *sections) {
    std::array<std::uint8_t, wanted.size()> name{};
    if (section.sh_type != SHT_NOTE || section.sh_name >= names.sh_size) continue;
    if (names.sh_offset > file.size() || !file.read(names.sh_offset + section.sh_name, name)) continue;
    if (std::memcmp(name.data(), wanted.data(), wanted.size()) != 0) continue;
    if (section.sh_size > note_section_bytes_max - notes.size())
      return Error{"has a Tickweir note of more than 1 MiB"};
    const std::size_t at = notes.size();
    notes.resize(at + section.sh_size);
    if (!file.read(section.sh_offset, std::span(notes).subspan(at))) return cut_short(file, "notes");
  }
  return notes;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Cuts the part before `separator` off the front of `text`.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// "price@8:8", within an event of `event_bytes`.
bool is_field(std::string_view field, std::uint32_t event_bytes) {
  if (!is_name(cut(field, '@'))) return false;
  const auto offset = number(cut(field, ':'));
  const auto bytes = number(field);
  return offset && bytes && *offset <= event_bytes && *bytes <= event_bytes - *offset;
}

Result<void> read_layout(std::string_view line, NoteFacts& into) {
  const std::string_view whole = line;
  const std::string_view name = cut(line, ' ');
  const auto bytes = number(cut(line, ' '));
  const auto type = number(cut(line, ' '));
  EventLayout layout{std::string(name), bytes.value_or(0), type.value_or(0), std::string(line)};
  bool sound = is_name(name) && bytes && type && *type <= UINT16_MAX;
  while (sound && !line.empty()) sound = is_field(cut(line, ' '), layout.size_bytes);
  if (!sound)
    return Error{"has a nonsense event layout in its note: \"" + std::string(whole.substr(0, 100)) + "\""};

  const auto known = std::ranges::find(into.layouts, name, &EventLayout::name);
  if (known == into.layouts.end()) {
    if (into.layouts.size() == layouts_max) return Error{"has too many event layouts in its note"};
    into.layouts.push_back(std::move(layout));
  } else if (*known != layout) {  // every source file of a plugin brings its own note
    return Error{"was built from files that disagree on the layout of event " + std::string(name) +
                 "; rebuild all of it"};
  }
  return {};
}

Result<void> read_fact(std::string_view line, NoteFacts& into) {
  const std::string_view key = cut(line, '=');
  if (!is_name(key) || line.size() > 256) return Error{"has a nonsense line in its note"};
  if (!into.facts.emplace(key, line).second)
    return Error{"has the fact \"" + std::string(key) + "\" in its note twice"};
  return {};
}

Result<void> read_text(std::uint32_t type, std::string_view text, NoteFacts& into) {
  if (type != TICKWEIR_NOTE_BUILD && type != TICKWEIR_NOTE_LAYOUT) return {};  // a later SDK's
  while (!text.empty()) {
    const std::string_view line = cut(text, '\n');
    if (line.empty()) continue;
    auto read = type == TICKWEIR_NOTE_BUILD ? read_fact(line, into) : read_layout(line, into);
    if (!read) return read;
  }
  return {};
}

// Each note: sizes of owner and text, a type, then both, padded to 4 bytes.
Result<void> read_all(std::span<const std::uint8_t> notes, NoteFacts& into) {
  const auto padded = [](std::uint32_t bytes) { return (std::uint64_t{bytes} + 3) & ~std::uint64_t{3}; };
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr head;
    std::memcpy(&head, notes.data(), sizeof head);
    notes = notes.subspan(sizeof head);
    const std::uint64_t owner_bytes = padded(head.n_namesz);
    const std::uint64_t text_bytes = padded(head.n_descsz);
    if (owner_bytes > notes.size() || text_bytes > notes.size() - owner_bytes)
      return Error{"has a damaged Tickweir note"};
    const char* const owner = reinterpret_cast<const char*>(notes.data());
    const bool ours = head.n_namesz == sizeof TICKWEIR_NOTE_OWNER &&
                      std::memcmp(owner, TICKWEIR_NOTE_OWNER, sizeof TICKWEIR_NOTE_OWNER) == 0;
    if (ours) {
      auto read = read_text(head.n_type, {owner + owner_bytes, head.n_descsz}, into);
      if (!read) return read;
    }
    notes = notes.subspan(owner_bytes + text_bytes);
  }
  return {};
}

Result<NoteFacts> parse(const FileBytes& file) {
  auto notes = read_note_bytes(file);
  if (!notes) return std::move(notes.error());
  NoteFacts result;
  if (auto read = read_all(*notes, result); !read) return std::move(read.error());
  if (result.facts.empty()) {
    return Error{"carries no Tickweir note (section " TICKWEIR_NOTE_SECTION
                 "): it is not a plugin, or it was not built with tickweir_add_plugin()"};
  }
  result.facts["machine"] = machine_name(read_header(file)->e_machine);
  return result;
}

}  // namespace

std::string NoteFacts::fact(const std::string& key) const {
  const auto found = facts.find(key);
  return found == facts.end() ? "" : found->second;
}

Result<NoteFacts> parse_notes(std::span<const std::uint8_t> file) {
  return parse(FileBytes(file));
}

Result<NoteFacts> read_notes(const std::filesystem::path& file) {
  auto opened = FileBytes::open(file);
  if (!opened) return std::move(opened.error());
  return parse(*opened);
}

}  // namespace tickweir
