// From order id to slot: a hash table whose entries that meet are chained.
//
// 512 ids in a row share 512 places in a row, one each, so ids that rise by one are found near each other.
// Which places those are, and which id has which, depends on a key that is drawn for each map: whoever
// chooses ids cannot choose collisions. The key shapes the table, never a result.
//
// An entry is 32 bits: the slot, and as much of the hash as is left; the id itself is where the slot is, and
// is compared there.
//
// Where each instrument has ids of its own, the map is asked by a *name*: the id, turned by the instrument
// and another such key. Two orders may by chance have one name, so instrument and id are what is compared.
//
// Threading: one thread. Memory: all of it reserved in the constructor, 12 to 20 bytes a key.
// Errors:    more than `keys_max` keys and a key that is not there are bugs of the caller, and asserted.
// Cost:      one cache line for most lookups. No tombstones, so it does not slow down with age.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>

#include "reserved.h"
#include "tickweir/assert.h"

namespace tickweir::book {

class OrderIdMap {
 public:
  explicit OrderIdMap(std::uint32_t keys_max, bool by_instrument = false)
      : keys_max_(keys_max),
        heads_(std::bit_ceil(std::max(std::size_t{keys_max} * 2, std::size_t{run}))),
        behind_(std::size_t{keys_max} + 1),
        mask_(heads_.size() - 1),
        slot_mask_((std::uint32_t{1} << std::bit_width(keys_max)) - 1),
        tag_mask_(~slot_mask_ & ~more) {
    TICKWEIR_ASSERT(keys_max < more / 2);
    std::random_device random;
    add_ = std::uint64_t{random()} << 32 | random();
    multiply_ = std::uint64_t{random()} << 32 | random() | 1U;
    if (by_instrument) turn_ = (std::uint64_t{random()} << 32 | random() | 1U) * run;
  }

  [[nodiscard]] std::uint32_t size() const { return size_; }

  // The key of an id: itself, or its name where each instrument has ids of its own.
  [[nodiscard]] std::uint64_t name_of(std::uint32_t instrument, std::uint64_t id) const {
    if (turn_ == 0) [[likely]]
      return id;
    return id ^ instrument * turn_;  // whole runs: ids in a row stay in a row
  }

  // Where a key belongs: the same as long as the map is there, so it need be worked out once only.
  struct Spot {
    std::uint32_t home = 0;
    std::uint32_t tag = 0;
  };
  [[nodiscard]] Spot spot_of(std::uint64_t key) const {
    const std::uint64_t hash = hash_of(key);
    return {.home = static_cast<std::uint32_t>((hash & mask_) ^ key % run),
            .tag = static_cast<std::uint32_t>(hash >> 32) & tag_mask_};
  }

  // The slot put with the key of that spot, 0 when it is not there. `is_at(slot)`: whether it is the one that
  // is meant, of those whose key this may be; slot 0 never is.
  template <typename IsAt>
  [[nodiscard]] [[gnu::always_inline]] std::uint32_t find(const Spot& spot, IsAt&& is_at) const {
    for (Entry entry = heads_[spot.home];; entry = behind_[slot_in(entry)]) {
      const std::uint32_t slot = slot_in(entry);
      if (has_tag(entry, spot) && is_at(slot)) return slot;
      if ((entry & more) == 0) return 0;
    }
  }

  // The key is not there; `slot` is not 0 and not above keys_max.
  [[gnu::always_inline]] void put(const Spot& spot, std::uint32_t slot) {
    TICKWEIR_ASSERT(slot != 0 && slot <= keys_max_ && size_ < keys_max_);
    Entry& head = heads_[spot.home];
    const Entry before = head;
    if (before != 0) behind_[slot] = before;
    head = spot.tag | (before != 0 ? more : 0) | slot;
    ++size_;
  }

  // The key is there with that slot.
  void erase(const Spot& spot, std::uint32_t slot) {
    Entry* link = &heads_[spot.home];
    --size_;
    if (slot_in(*link) == slot) {
      *link = (*link & more) != 0 ? behind_[slot] : 0;
      return;
    }
    Entry* before = link;
    do {
      TICKWEIR_ASSERT((*link & more) != 0);
      before = link;
      link = &behind_[slot_in(*link)];
    } while (slot_in(*link) != slot);
    if ((*link & more) != 0) {
      *link = behind_[slot];
    } else {
      *before &= ~more;
    }
  }

  // For what is about to be looked up: brings its line in, and guesses the slot it will find, or 0.
  void fetch(const Spot& spot) const { __builtin_prefetch(&heads_[spot.home], 1); }
  [[nodiscard]] std::uint32_t guess(const Spot& spot) const {
    const Entry entry = heads_[spot.home];
    return has_tag(entry, spot) ? slot_in(entry) : 0;
  }

 private:
  // From the top: one bit for "there are more behind", bits of the hash, the slot. 0: nothing.
  using Entry = std::uint32_t;
  static constexpr Entry more = Entry{1} << 31;
  static constexpr std::uint64_t run = 512;

  [[nodiscard]] std::uint32_t slot_in(Entry entry) const { return entry & slot_mask_; }
  [[nodiscard]] bool has_tag(Entry entry, const Spot& spot) const { return (entry & tag_mask_) == spot.tag; }

  // Of the run that a key belongs to.
  [[nodiscard]] std::uint64_t hash_of(std::uint64_t key) const {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{key / run ^ add_} * multiply_;
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

  std::uint32_t keys_max_;
  std::uint32_t size_ = 0;
  Reserved<Entry> heads_;
  Reserved<Entry> behind_;  // by slot: the entry behind it
  std::size_t mask_;
  std::uint32_t slot_mask_;
  std::uint32_t tag_mask_;
  std::uint64_t add_ = 0;
  std::uint64_t multiply_ = 0;
  std::uint64_t turn_ = 0;  // of a name, by the instrument; 0: names are ids
};

}  // namespace tickweir::book
