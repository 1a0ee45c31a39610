// An array of zeros whose memory is reserved at once and comes in when it is first touched.
//
// Threading: as a plain array. Memory: address space in the constructor, pages of it with their first use.
// Errors:    std::bad_alloc when there is not enough address space.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace tickweir::book {

template <typename T>
class Reserved {
 public:
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

  explicit Reserved(std::size_t count) : count_(count), bytes_(count * sizeof(T)) {
    const bool is_large = bytes_ >= huge_page;
    if (is_large) bytes_ = (bytes_ + huge_page - 1) & ~(huge_page - 1);
    const std::size_t spare = is_large ? huge_page : 0;  // for the alignment
    std::uint8_t* const begin = map(bytes_ + spare);
    items_ = reinterpret_cast<T*>(begin);
    if (!is_large) return;
    const std::size_t ahead = -reinterpret_cast<std::uintptr_t>(begin) & (huge_page - 1);
    items_ = reinterpret_cast<T*>(begin + ahead);
    // One mapping is left, all of it for large pages: each costs time when a process forks.
    if (ahead != 0) munmap(begin, ahead);
    munmap(begin + ahead + bytes_, spare - ahead);
    // Advice only: fewer entries of the TLB. Where the kernel says no, all works the same.
    static_cast<void>(madvise(items_, bytes_, MADV_HUGEPAGE));
  }
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;
  ~Reserved() { munmap(items_, bytes_); }

  [[nodiscard]] std::size_t size() const { return count_; }
  T& operator[](std::size_t index) { return items_[index]; }
  const T& operator[](std::size_t index) const { return items_[index]; }

 private:
  static constexpr std::size_t huge_page = 2 << 20;

  static std::uint8_t* map(std::size_t bytes) {
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::uint8_t*>(memory);
  }

  std::size_t count_;
  std::size_t bytes_;
  T* items_;
};

}  // namespace tickweir::book
