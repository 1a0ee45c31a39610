// Every broken plugin is refused with its exact message; where its note gives it away, none of its code runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "runtime/plugins/registry.h"
#include "tickweir/note.h"
#include "tickweir/testing.h"
#include "tickweir/testing_folder.h"

namespace {

namespace fs = std::filesystem;
using tickweir::Registry;

constexpr const char* tripwire = "TICKWEIR_MUSEUM_TRIPWIRE";

std::string read_file(const fs::path& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

class Museum : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv(tripwire); }

  [[nodiscard]] fs::path at(const std::string& name) const { return folder_.at(name); }
  [[nodiscard]] static std::string exhibit(const std::string& name) {
    return read_file(fs::path(TICKWEIR_PLUGIN_DIR) / (name + ".so"));
  }
  void place(const std::string& name, const std::string& bytes) const {
    std::ofstream(at(name), std::ios::binary) << bytes;
    fs::permissions(at(name), fs::perms(0644));
  }
  // The sound plugin with the text `found` in it replaced by one of equal length.
  [[nodiscard]] static std::string altered(const std::string& found, const std::string& replacement) {
    std::string bytes = exhibit("tripwire");
    const std::size_t where = bytes.find(found);
    EXPECT_NE(where, std::string::npos) << found;
    EXPECT_EQ(found.size(), replacement.size());
    return bytes.replace(where, found.size(), replacement);
  }
  // A fact of the sound plugin's note, spoilt without changing its length.
  [[nodiscard]] static std::string with_fact(const std::string& key, char filler, std::string& value) {
    const std::string bytes = exhibit("tripwire");
    const std::size_t start = bytes.find("\n" + key + "=") + key.size() + 2;
    const std::string old = bytes.substr(start, bytes.find('\n', start) - start);
    value = std::string(old.size(), filler);
    return altered("\n" + key + "=" + old, "\n" + key + "=" + value);
  }

  // Why the only file in the folder is refused by its looks, without any of its code running.
  [[nodiscard]] std::string refusal() const {
    auto registry = Registry::scan({folder_.path()});
    if (!registry) return registry.error().message;
    EXPECT_EQ(std::getenv(tripwire), nullptr) << "its code ran";
    EXPECT_TRUE(registry->names().empty());
    return registry->refused().size() == 1 ? registry->refused()[0].cause : "not exactly one file is refused";
  }
  // Why a plugin is refused when it is loaded: the message without its file.
  [[nodiscard]] std::string load_refusal(const std::string& name) const {
    place(name + ".so", exhibit(name));
    auto registry = Registry::scan({folder_.path()});
    EXPECT_TRUE(registry);
    EXPECT_TRUE(registry->refused().empty());
    auto loaded = registry->load(name);
    if (loaded) return "loaded";
    EXPECT_EQ(registry->refused().size(), 1U);
    EXPECT_EQ(registry->load(name).error().message, loaded.error().message) << "the second time";
    const std::string start = "plugin " + name + " is refused: " + at(name + ".so").string() + " ";
    EXPECT_EQ(loaded.error().message.substr(0, start.size()), start);
    return loaded.error().message.substr(std::min(start.size(), loaded.error().message.size()));
  }

  tickweir::testing::TempFolder folder_;
};

TEST_F(Museum, LoadsThePluginThatHasNothingWrong) {
  place("tripwire.so", exhibit("tripwire"));
  auto registry = Registry::scan({folder_.path()});
  ASSERT_TRUE(registry);
  EXPECT_EQ(registry->names(), (std::vector<std::string>{"tripwire"}));
  EXPECT_EQ(std::getenv(tripwire), nullptr);
  auto loaded = registry->load("tripwire");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_STREQ((*loaded)->table->summary, "Does nothing.");
  EXPECT_NE(std::getenv(tripwire), nullptr) << "the tripwire does not work, so the other tests prove nothing";
}

TEST_F(Museum, RefusesAFileThatIsNotElf) {
  place("x.so", "#!/bin/sh\nexit 0\n");
  EXPECT_EQ(refusal(), "is not an ELF shared object: it starts with \"#!/bin/s\"");
}

TEST_F(Museum, RefusesAnEmptyFile) {
  place("x.so", "");
  EXPECT_EQ(refusal(), "is empty; a plugin is an ELF shared object");
}

TEST_F(Museum, RefusesATruncatedFile) {
  place("x.so", exhibit("tripwire").substr(0, 40));
  EXPECT_EQ(refusal(), "is cut short: its headers lie beyond its end (40 bytes)");
  place("x.so", exhibit("tripwire").substr(0, 4096));
  EXPECT_EQ(refusal(), "is cut short: its section headers lie beyond its end (4096 bytes)");
}

TEST_F(Museum, RefusesAFileWithoutANote) {
  place("x.so", altered(TICKWEIR_NOTE_SECTION, ".note.tickless"));
  EXPECT_EQ(refusal(),
            "carries no Tickweir note (section .note.tickweir): it is not a plugin, or it was not built with "
            "tickweir_add_plugin()");
}

TEST_F(Museum, RefusesWhatIsNotASharedObject) {
  std::string bytes = exhibit("tripwire");
  bytes[16] = 1;  // e_type: ET_REL
  place("x.so", bytes);
  EXPECT_EQ(refusal(), "is an ELF file, but not a shared object (type 1)");
}

TEST_F(Museum, RefusesAFolderNamedLikeAPlugin) {
  fs::create_directory(at("x.so"));
  EXPECT_EQ(refusal(), "is not a regular file");
}

TEST_F(Museum, RefusesAnOlderAbi) {
  place("x.so", altered("abi=0.6\n", "abi=0.1\n"));
  EXPECT_EQ(refusal(),
            "was built for plugin ABI 0.1 (SDK 0.1.0), this runtime needs 0.6; rebuild it with SDK 0.1.0");
}

TEST_F(Museum, RefusesANewerAbi) {
  place("x.so", altered("abi=0.6\n", "abi=0.7\n"));
  EXPECT_EQ(refusal(),
            "was built for plugin ABI 0.7 (SDK 0.1.0), newer than this runtime's 0.6; update tickweir, or "
            "rebuild it "
            "with SDK 0.1.0");
}

TEST_F(Museum, RefusesAnotherLayoutOfTheEventHeader) {
  place("x.so", altered(" time@16:8", " time@16:4"));
  EXPECT_EQ(refusal(),
            "lays out EventHeader otherwise than this runtime: field time found at offset 16 with 4 bytes, "
            "needed at "
            "offset 16 with 8 bytes; rebuild it with SDK 0.1.0");
}

TEST_F(Museum, RefusesAnotherLayoutOfASharedEvent) {
  place("a.so", exhibit("tripwire"));
  std::string other =
      altered("NewOrder 32 256 order_id@0:8 price@8:8", "NewOrder 32 256 order_id@0:8 price@8:4");
  other.replace(other.find("name=tripwire"), 13, "name=tripwine");
  place("b.so", other);
  auto registry = Registry::scan({folder_.path()});
  ASSERT_TRUE(registry);
  EXPECT_EQ(registry->names(), (std::vector<std::string>{"tripwire"}));
  ASSERT_EQ(registry->refused().size(), 1U);
  EXPECT_EQ(registry->refused()[0].file, at("b.so"));
  EXPECT_EQ(registry->refused()[0].name, "tripwine");
  EXPECT_EQ(registry->refused()[0].cause, "lays out event NewOrder otherwise than " + at("a.so").string() +
                                              ": field price found at offset 8 with 4 bytes, needed at "
                                              "offset 8 with 8 bytes; rebuild it with SDK 0.1.0");
  EXPECT_EQ(std::getenv(tripwire), nullptr);
}

TEST_F(Museum, RefusesAnotherMeaningOfAnEventTypeNumber) {
  place("a.so", exhibit("tripwire"));
  std::string other = altered("\nNewOrder 32 256", "\nOldOrder 32 256");
  other.replace(other.find("name=tripwire"), 13, "name=tripwine");
  place("b.so", other);
  auto registry = Registry::scan({folder_.path()});
  ASSERT_TRUE(registry);
  ASSERT_EQ(registry->refused().size(), 1U);
  EXPECT_EQ(registry->refused()[0].cause, "calls event type 256 OldOrder, but " + at("a.so").string() +
                                              " calls it NewOrder; give one of them another number");
}

TEST_F(Museum, RefusesAnotherSanitizer) {
  std::string value;
  place("x.so", with_fact("sanitizer", 'x', value));
  EXPECT_EQ(refusal(), "was built with sanitizer \"" + value +
                           "\", this runtime with \"" TICKWEIR_BUILD_SANITIZER "\"; build both alike");
}

TEST_F(Museum, RefusesANeedForACpuFeatureThatIsNotHere) {
  std::string value;
  place("x.so", with_fact("cpu", 'q', value));
  EXPECT_EQ(refusal(),
            "needs the CPU feature \"" + value + "\", which this machine lacks; rebuild it for this machine");
}

TEST_F(Museum, RefusesTheWrongArchitecture) {
  std::string bytes = exhibit("tripwire");
#if defined(__x86_64__)
  const char other = static_cast<char>(183);
  const char* const message = "is built for aarch64, this machine is x86-64; rebuild it here";
#else
  const char other = 62;
  const char* const message = "is built for x86-64, this machine is aarch64; rebuild it here";
#endif
  bytes[18] = other;  // e_machine
  place("x.so", bytes);
  EXPECT_EQ(refusal(), message);
}

TEST_F(Museum, RefusesAFileThatAnyoneMayWrite) {
  place("x.so", exhibit("tripwire"));
  fs::permissions(at("x.so"), fs::perms(0666));
  EXPECT_EQ(refusal(),
            "its file may be written by anyone; run chmod o-w " + fs::canonical(at("x.so")).string());
}

TEST_F(Museum, RefusesAFolderThatAnyoneMayWrite) {
  place("x.so", exhibit("tripwire"));
  fs::permissions(folder_.path(), fs::perms(0777));
  EXPECT_EQ(refusal(), "its folder may be written by anyone; run chmod o-w " + folder_.path().string());
}

TEST_F(Museum, RefusesALinkIntoAFolderThatAnyoneMayWrite) {
  fs::create_directory(at("open"));
  place("open/x.so", exhibit("tripwire"));
  fs::permissions(at("open"), fs::perms(0777));
  fs::create_symlink(at("open/x.so"), at("x.so"));
  EXPECT_EQ(refusal(),
            "its folder may be written by anyone; run chmod o-w " + fs::canonical(at("open")).string());
}

TEST_F(Museum, RefusesTwoFilesWithOneName) {
  place("a.so", exhibit("tripwire"));
  place("b.so", exhibit("tripwire"));
  auto registry = Registry::scan({folder_.path()});
  ASSERT_TRUE(registry);
  EXPECT_TRUE(registry->names().empty());
  ASSERT_EQ(registry->refused().size(), 2U);
  const std::string start = "has the same plugin name tripwire as ";
  EXPECT_EQ(registry->refused()[0].cause, start + at("b.so").string() + "; remove all but one");
  EXPECT_EQ(registry->refused()[1].cause, start + at("a.so").string() + "; remove all but one");
  EXPECT_EQ(registry->load("tripwire").error().message,
            "plugin tripwire is refused: " + at("a.so").string() + " " + registry->refused()[0].cause + "; " +
                at("b.so").string() + " " + registry->refused()[1].cause);
}

TEST_F(Museum, RefusesAMissingEntrySymbol) {
  EXPECT_EQ(load_refusal("missing_symbol"),
            "exports no symbol tickweir_plugin_entry; end its source with TICKWEIR_PLUGIN(...)");
}

TEST_F(Museum, RefusesAnUndefinedSymbol) {
  EXPECT_EQ(load_refusal("undefined_symbol"),
            "cannot be loaded: undefined symbol: tickweir_museum_nobody_defines_this");
}

TEST_F(Museum, RefusesADescriptorThatIsNone) {
  EXPECT_EQ(load_refusal("no_descriptor"), "returned no descriptor from tickweir_plugin_entry");
  fs::remove(at("no_descriptor.so"));
  EXPECT_EQ(load_refusal("garbage_descriptor"), "returned a descriptor of the nonsense size 2779096485");
}

TEST_F(Museum, RefusesAnEntryThatThrows) {
  EXPECT_EQ(load_refusal("throws_in_entry"), "failed in tickweir_plugin_entry: no licence found");
}

TEST_F(Museum, RefusesAnotherNameInTheDescriptor) {
  EXPECT_EQ(load_refusal("two_names"),
            "calls itself other_name in its descriptor, but two_names in its note");
}

TEST_F(Museum, RefusesADefaultOutOfRange) {
  EXPECT_EQ(load_refusal("default_out_of_range"),
            "option depth has the default \"0\", expected an integer from 1 to 9");
}

TEST_F(Museum, RefusesARoleWithoutItsFunctions) {
  EXPECT_EQ(load_refusal("role_without_functions"), "says it is a sink but has no sink functions");
}

TEST_F(Museum, ShowsWhatAStageThrewInCreateOrStart) {
  using tickweir::testing::Harness;
  EXPECT_EQ(Harness::refusal(TICKWEIR_PLUGIN_DIR "/throws_in_create.so", {}), "no room for the table");
  EXPECT_EQ(Harness::refusal(TICKWEIR_PLUGIN_DIR "/throws_in_start.so", {}), "no room for the table");
}

TEST_F(Museum, SaysWhereItLookedForAPluginThatIsNotThere) {
  auto registry = Registry::scan({folder_.path(), folder_.path()});
  ASSERT_TRUE(registry);
  EXPECT_EQ(registry->load("filter_nothing").error().message,
            "there is no plugin filter_nothing in " + folder_.path().string());
  EXPECT_EQ(Registry::scan({})->load("x").error().message, "there is no plugin x: the plugin path is empty");
}

TEST_F(Museum, RefusesAPluginPathThatDoesNotExist) {
  EXPECT_EQ(Registry::scan({at("nowhere")}).error().message,
            "cannot read plugin folder " + at("nowhere").string() + ": No such file or directory");
}

TEST_F(Museum, FindsARefusedPluginByItsFileNameWhenItsNoteIsUnreadable) {
  place("filter_x.so", "");
  EXPECT_EQ(Registry::scan({folder_.path()})->load("filter_x").error().message,
            "plugin filter_x is refused: " + at("filter_x.so").string() +
                " is empty; a plugin is an ELF shared object");
}

TEST(PluginPath, TakesTheCommandLineBeforeTheEnvironment) {
  setenv("TICKWEIR_PLUGIN_PATH", "/c::/d", 1);
  EXPECT_EQ(tickweir::plugin_path({"/a:/b", "/e"}), (std::vector<fs::path>{"/a", "/b", "/e"}));
  EXPECT_EQ(tickweir::plugin_path({}), (std::vector<fs::path>{"/c", "/d"}));
  unsetenv("TICKWEIR_PLUGIN_PATH");
  for (const fs::path& folder : tickweir::plugin_path({})) EXPECT_TRUE(fs::is_directory(folder)) << folder;
}

}  // namespace
