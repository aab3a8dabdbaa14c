#include <algorithm>
#include <utility>

#include "admin/sql/parser.h"
#include "admin/sql/reader_internal.h"
#include "base/encoding.h"
#include "config/value.h"

namespace sluice::admin::sql {
namespace {

constexpr std::size_t kMaxShownBytes = 40;

/// What stands here, for a message: bounded, on one line.
std::string Shown(const Token& token) {
  if (token.kind == Token::Kind::kEnd) return "the end";
  std::string text = token.text;
  if (text.size() > kMaxShownBytes) {
    std::size_t cut = kMaxShownBytes;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    text = text.substr(0, cut) + "...";
  }
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  switch (token.kind) {
    case Token::Kind::kString: return Format("the string '{}'", text);
    case Token::Kind::kQuotedName: return Format("the name \"{}\"", text);
    default: return Format("'{}'", text);
  }
}

bool IsName(const Token& token) {
  return token.kind == Token::Kind::kWord || token.kind == Token::Kind::kQuotedName;
}

}  // namespace

std::string QualifiedName::ToString() const {
  std::string text;
  for (const Name& part : parts) {
    if (!text.empty()) text += '.';
    text += part.text;
  }
  return text;
}

bool TokenReader::Sees(std::string_view keyword) const {
  return token_.kind == Token::Kind::kWord && EqualsIgnoringAsciiCase(token_.text, keyword);
}

bool TokenReader::Sees(char symbol) const {
  return token_.kind == Token::Kind::kSymbol && token_.text[0] == symbol;
}

void TokenReader::Skip() {
  if (AtEnd() || token_.kind == Token::Kind::kFault) return;
  passed_end_ = token_.end;
  token_ = scanner_.Next();
}

bool TokenReader::Take(std::string_view keyword) {
  if (!Sees(keyword)) return false;
  Skip();
  return true;
}

bool TokenReader::Take(char symbol) {
  if (!Sees(symbol)) return false;
  Skip();
  return true;
}

Result<void> TokenReader::Expect(std::string_view keyword) {
  if (!Take(keyword)) return Unexpected({keyword});
  return {};
}

Result<void> TokenReader::Expect(char symbol) {
  if (!Take(symbol)) return Unexpected(Format("'{}'", symbol));
  return {};
}

Result<std::string_view> TokenReader::ExpectOneOf(
    std::initializer_list<std::string_view> keywords) {
  for (const std::string_view keyword : keywords) {
    if (Take(keyword)) return keyword;
  }
  return Unexpected(keywords);
}

Result<Name> TokenReader::ReadName(std::string_view what) {
  if (!IsName(token_)) return Unexpected(what);
  Name name{.text = std::move(token_.text), .at = token_.at};
  Skip();
  return name;
}

Result<std::vector<Name>> TokenReader::ReadNames(std::string_view what) {
  std::vector<Name> names;
  do {
    names.push_back(TRY(ReadName(what)));
  } while (Take(','));
  return names;
}

Result<QualifiedName> TokenReader::ReadQualifiedName(std::string_view form) {
  const auto parts_of = [](std::string_view text) {
    return 1 + static_cast<std::size_t>(std::ranges::count(text, '.'));
  };
  const std::size_t most = parts_of(form);
  const std::size_t least = parts_of(form.substr(form.rfind(']') + 1));
  QualifiedName name;
  do {
    name.parts.push_back(TRY(ReadName(form)));
  } while (name.parts.size() < most && Take('.'));
  if (Sees('.') || name.parts.size() < least) {
    return AtPosition(name.at(), InvalidArgument("expected {}, found '{}{}'", form, name.ToString(),
                                                 Sees('.') ? "." : ""));
  }
  return name;
}

Result<std::string> TokenReader::ReadString(std::string_view what) {
  if (token_.kind != Token::Kind::kString) return Unexpected(Format("{} in single quotes", what));
  std::string text = std::move(token_.text);
  Skip();
  return text;
}

Result<std::string> TokenReader::ReadComment() {
  Take('=');
  return ReadString("a comment");
}

Result<bool> TokenReader::TakeIfExists() {
  if (!Take("IF")) return false;
  TRY(Expect("EXISTS"));
  return true;
}

Result<bool> TokenReader::TakeIfNotExists() {
  if (!Take("IF")) return false;
  TRY(Expect("NOT"));
  TRY(Expect("EXISTS"));
  return true;
}

Error TokenReader::Unexpected(std::string_view expected) const {
  if (token_.kind == Token::Kind::kFault) {
    return AtPosition(token_.at, InvalidArgument("{}", token_.text));
  }
  return AtPosition(token_.at, InvalidArgument("expected {}, found {}", expected, Shown(token_)));
}

Error TokenReader::Unexpected(std::initializer_list<std::string_view> keywords) const {
  std::string expected;
  std::size_t left = keywords.size();
  for (const std::string_view keyword : keywords) {
    expected += keyword;
    if (--left > 0) expected += left == 1 ? " or " : ", ";
  }
  Error error = Unexpected(expected);
  if (token_.kind != Token::Kind::kWord) return error;
  const std::string_view nearest = config::NearestName(token_.text, keywords);
  if (!nearest.empty()) error.message += Format(": did you mean {}?", nearest);
  return error;
}

Error TokenReader::NotSupported(std::string_view what) const {
  return AtPosition(token_.at, Unsupported("{} is not supported", what));
}

std::string_view TokenReader::TextSince(std::size_t offset) const {
  return text_.substr(offset, passed_end_ > offset ? passed_end_ - offset : 0);
}

}  // namespace sluice::admin::sql
