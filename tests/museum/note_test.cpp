// The note parser against files made by hand, whole and damaged.
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "runtime/plugins/elf_note.h"
#include "runtime/plugins/judge.h"
#include "tickweir/plugin.h"
#include "tickweir/testing_random.h"

namespace {

using namespace tickweir;
using Bytes = std::vector<std::uint8_t>;

void append(Bytes& bytes, const void* data, std::size_t count) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  bytes.insert(bytes.end(), from, from + count);
}

Bytes note(std::uint32_t type, const std::string& text, const std::string& owner = TICKWEIR_NOTE_OWNER) {
  const Elf64_Nhdr head{static_cast<std::uint32_t>(owner.size() + 1), static_cast<std::uint32_t>(text.size()),
                        type};
  Bytes bytes;
  append(bytes, &head, sizeof head);
  append(bytes, owner.c_str(), owner.size() + 1);
  bytes.resize((bytes.size() + 3) / 4 * 4);
  append(bytes, text.data(), text.size());
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

// The smallest shared object with these notes: header, notes, section names, two section headers.
Bytes elf_file(const Bytes& notes) {
  const std::string names = TICKWEIR_NOTE_SECTION;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 2;
  header.e_shstrndx = 1;
  header.e_shoff = sizeof header + notes.size() + names.size() + 1;
  Elf64_Shdr note_section{};
  note_section.sh_type = SHT_NOTE;
  note_section.sh_offset = sizeof header;
  note_section.sh_size = notes.size();
  Elf64_Shdr name_section{};
  name_section.sh_type = SHT_STRTAB;
  name_section.sh_offset = sizeof header + notes.size();
  name_section.sh_size = names.size() + 1;
  Bytes bytes;
  append(bytes, &header, sizeof header);
  append(bytes, notes.data(), notes.size());
  append(bytes, names.c_str(), names.size() + 1);
  append(bytes, &note_section, sizeof note_section);
  append(bytes, &name_section, sizeof name_section);
  return bytes;
}

std::string error_of(const Bytes& notes) {
  auto read = parse_notes(elf_file(notes));
  return read ? "no error" : read.error().message;
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) append(all, part.data(), part.size());
  return all;
}

TEST(Note, GivesFactsAndLayouts) {
  auto read = parse_notes(
      elf_file(joined({note(1, "abi=0.1\nname=x\ncompiler=gcc 12=12\n"), note(2, "A 16 300 a@0:8 b@8:8\n"),
                       note(2, "A 16 300 a@0:8 b@8:8\nB 0 0\n")})));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->fact("abi"), "0.1");
  EXPECT_EQ(read->fact("compiler"), "gcc 12=12");
  EXPECT_EQ(read->fact("machine"), "x86-64");
  EXPECT_EQ(read->fact("nothing"), "");
  EXPECT_EQ(read->layouts, (std::vector<EventLayout>{{"A", 16, 300, "a@0:8 b@8:8"}, {"B", 0, 0, ""}}));
}

TEST(Note, SkipsOtherOwnersAndLaterTypes) {
  auto read = parse_notes(elf_file(joined({note(1, "key\n", "Other"), note(9, "?"), note(1, "abi=0.1\n")})));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->facts.size(), 2U);
}

TEST(Note, RefusesNonsense) {
  const Bytes facts = note(1, "abi=0.1\n");
  EXPECT_EQ(error_of(joined({facts, facts})), "has the fact \"abi\" in its note twice");
  EXPECT_EQ(error_of(note(1, "=\n")), "has a nonsense line in its note");
  EXPECT_EQ(error_of(joined({note(2, "A 8 1 a@0:8\n"), note(2, "A 8 1 b@0:8\n")})),
            "was built from files that disagree on the layout of event A; rebuild all of it");
  for (const std::string line :
       {"A", "A 8", "A 8 x", "A -8 1", "A 8 65536", "A 8 1 a", "A 8 1 a@", "A 8 1 a@0", "A 8 1 a@0:9",
        "A 8 1 a@8:1", "A 8 1 a@4294967295:1", "A 8 1 @0:8", "A-B 8 1"}) {
    EXPECT_EQ(error_of(note(2, line)), "has a nonsense event layout in its note: \"" + line + "\"");
  }
}

TEST(Note, RefusesNotesThatReachBeyondTheirSection) {
  Bytes notes = note(1, "abi=0.1\n");
  notes.resize(notes.size() - 4);
  EXPECT_EQ(error_of(notes), "has a damaged Tickweir note");
  const std::uint32_t huge = UINT32_MAX;
  Bytes endless = note(1, "abi=0.1\n");
  std::memcpy(endless.data(), &huge, sizeof huge);
  EXPECT_EQ(error_of(endless), "has a damaged Tickweir note");
}

TEST(Note, SurvivesEveryTruncation) {
  const Bytes whole = elf_file(note(1, "abi=0.1\nname=x\n"));
  ASSERT_TRUE(parse_notes(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_notes(std::span(whole).first(size))) << size;
  }
}

TEST(Note, SurvivesDamage) {
  std::mt19937_64 random(tickweir::testing::seed());
  const Bytes whole = elf_file(joined({note(1, "abi=0.1\n"), note(2, "A 16 300 a@0:8 b@8:8\n")}));
  for (int round = 0; round < 20'000; ++round) {
    Bytes damaged = whole;
    for (int count = 0; count < 3; ++count)
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    auto read = parse_notes(damaged);
    EXPECT_TRUE(!read || !read->facts.empty());
  }
}

TEST(SharedLayouts, NameTheFirstDifference) {
  const auto refusal = [](const EventLayout& second) {
    SharedLayouts shared;
    EXPECT_TRUE(shared.add("a.so", {{}, {{"A", 16, 300, "a@0:8 b@8:8"}}}));
    auto added = shared.add("b.so", {{}, {second}});
    return added ? "taken" : added.error().message;
  };
  const std::string start = "lays out event A otherwise than a.so: ";
  const std::string end = "; rebuild it with SDK " TICKWEIR_SDK_VERSION;
  EXPECT_EQ(refusal({"A", 16, 300, "a@0:8 b@8:8"}), "taken");
  EXPECT_EQ(refusal({"A", 16, 300, "a@0:8"}),
            start + "field b not found, needed at offset 8 with 8 bytes" + end);
  EXPECT_EQ(refusal({"A", 24, 300, "a@0:8 b@8:8 c@16:8"}),
            start + "field c found at offset 16 with 8 bytes, not needed" + end);
  EXPECT_EQ(refusal({"A", 24, 300, "a@0:8 b@8:8"}), start + "size found 24, needed 16" + end);
  EXPECT_EQ(refusal({"A", 16, 301, "a@0:8 b@8:8"}), start + "type number found 301, needed 300" + end);
}

TEST(SharedLayouts, AreNotSetByAFileThatIsRefused) {
  SharedLayouts shared;
  ASSERT_TRUE(shared.add("a.so", {{}, {{"A", 8, 300, "a@0:8"}}}));
  ASSERT_FALSE(shared.add("b.so", {{}, {{"C", 8, 301, "c@0:8"}, {"A", 8, 300, "x@0:8"}}}));
  EXPECT_TRUE(shared.add("c.so", {{}, {{"C", 8, 301, "d@0:8"}}}));
}

}  // namespace
