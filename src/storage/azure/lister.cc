#include "storage/azure/lister.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/encoding.h"

namespace sluice::storage::azure {
namespace {

constexpr std::size_t kMaxPageNames = 5000;      // The service's own bound.
constexpr std::size_t kMaxListBytes = 64 << 20;  // 5,000 names of 1,024 characters with all else
constexpr int kMaxPages = 4000;
constexpr int kMaxDisagreements = 3;
constexpr std::string_view kStartFromVersion = "2026-02-06";

Error BadList(std::string_view directory, std::string_view why) {
  return WithDetail(Unavailable("the store's list cannot be read"),
                    Format("{}: {}", directory, why));
}

}  // namespace

Result<Lister::Range> Lister::RangeOf(std::string_view directory) const {
  Range range;
  range.prefix = TRY(container_->KeyOf(directory));
  if (!range.prefix.empty()) range.prefix += '/';
  return range;
}

Result<std::vector<std::string>> Lister::ListFolders(std::string_view directory,
                                                     std::size_t max_folders) {
  Range range = TRY(RangeOf(directory));
  range.limit = max_folders;
  range.is_of_folders = true;
  const Found found = TRY(ListPages(range));
  if (found.folders.size() > max_folders) return TooManyFolders(directory, max_folders);
  return std::vector<std::string>(found.folders.begin(), found.folders.end());
}

Result<std::vector<ObjectInfo>> Lister::List(const ListRequest& request) {
  if (request.limit == 0) return std::vector<ObjectInfo>();
  Range range = TRY(RangeOf(request.directory));
  range.start_after = request.start_after;
  range.limit = request.limit;

  if (range.start_after.empty() || start_from_ == StartFrom::kUseless) {
    return TRY(ListPages(range)).blobs;
  }
  std::optional<Found> from = TRY(ListFrom(range));
  const bool shows_all = from && from->first_name && *from->first_name <= range.start_after;
  if (shows_all || (from && start_from_ == StartFrom::kProven)) return std::move(from->blobs);
  Found scanned = TRY(ListPages(range));
  if (from) {
    Compare(*from, scanned, range.start_after);
  } else {
    start_from_ = StartFrom::kUseless;  // without the parameter the request is taken
  }
  return std::move(scanned.blobs);
}

/// Nothing if the service refuses the parameter or its version.
Result<std::optional<Lister::Found>> Lister::ListFrom(Range range) {
  range.starts_from = true;
  auto found = ListPages(range);
  if (!found.ok()) {
    if (found.error().code != ErrorCode::kUnsupported) return std::move(found).error();
    return std::optional<Found>();
  }
  const bool is_passed_over = found->first_name && *found->first_name < range.start_after;
  if (is_passed_over && start_from_ == StartFrom::kUntried) start_from_ = StartFrom::kUseless;
  return std::optional(std::move(found).value());
}

/// What the two lists of one range tell of the parameter. That a name is only in the second may
/// come from a blob that was put in between.
void Lister::Compare(const Found& from, const Found& scanned, const std::string& start_after) {
  if (start_from_ != StartFrom::kUntried || scanned.blobs.empty()) return;
  const bool agree = !from.blobs.empty() && from.blobs.front().name == scanned.blobs.front().name;
  const bool has_skipped = scanned.first_name && *scanned.first_name < start_after;
  if (agree && has_skipped) start_from_ = StartFrom::kProven;
  if (!agree && ++disagreements_ >= kMaxDisagreements) start_from_ = StartFrom::kUseless;
}

/// Whether that is all that was wanted.
bool Lister::Take(const Range& range, ListPage& page, Found& found) {
  if (range.is_of_folders) {
    found.folders.merge(page.folders);
    return found.folders.size() > range.limit;
  }
  std::ranges::copy_if(std::make_move_iterator(page.blobs.begin()),
                       std::make_move_iterator(page.blobs.end()), std::back_inserter(found.blobs),
                       [&](const ObjectInfo& blob) { return blob.name > range.start_after; });
  if (found.blobs.size() < range.limit) return false;
  found.blobs.resize(range.limit);
  return true;
}

/// Errors also: kUnsupported if the service does not take a request that begins at a name.
Result<Lister::Found> Lister::ListPages(const Range& range) {
  Found found;
  std::string marker;
  std::string last_name;
  std::string directory = Format("{}/{}", container_->path(), range.prefix);
  directory.pop_back();  // the '/' at its end, so that errors have its name
  for (int pages = 0; pages < kMaxPages; ++pages) {
    const auto asked = AskPage(range, marker);
    if (!asked.ok()) return ListError(asked.error(), directory);
    const http::ClientResponse& answer = *asked;
    if (answer.status != 200) {
      Error refusal = RefusalOf(answer.status, answer.headers, directory);
      const bool may_be_the_parameter =
          answer.status == 400 && range.starts_from && refusal.code == ErrorCode::kUnavailable;
      return may_be_the_parameter ? Unsupported("startFrom") : std::move(refusal);
    }
    auto page = ParseListPage(answer.body, range.prefix);
    if (!page.ok()) return BadList(directory, page.error().ToString());
    if (page->first_name) {
      if (found.first_name && *page->first_name <= last_name) {
        return BadList(directory, "its pages are not in order");
      }
      if (!found.first_name) found.first_name = page->first_name;
      last_name = page->last_name;
    }
    if (Take(range, *page, found) || page->next_marker.empty()) return found;
    if (page->next_marker == marker) return BadList(directory, "its pages repeat");
    marker = std::move(page->next_marker);
  }
  return BadList(directory, "it does not end");
}

Result<http::ClientResponse> Lister::AskPage(const Range& range, std::string_view marker) {
  // Beginning at a name gives that name too. A page that is looked through for its end is large.
  const bool is_exact = !range.is_of_folders && (range.starts_from || range.start_after.empty());
  const std::size_t names = is_exact ? std::min(range.limit, kMaxPageNames - 1) + 1 : kMaxPageNames;
  ServiceRequest request{.path = container_->url_path(), .operation = Operation::kList};
  request.query =
      Format("restype=container&comp=list&delimiter=%2F&include=metadata&maxresults={}", names);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) request.query += Format("&{}={}", name, PercentEncode(value));
  };
  add("prefix", range.prefix);
  add("marker", marker);
  if (range.starts_from) {
    add("startFrom", range.prefix + range.start_after);
    request.version = kStartFromVersion;
  }
  return container_->service().Send(request, kMaxListBytes);
}

}  // namespace sluice::storage::azure
