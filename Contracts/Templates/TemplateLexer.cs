using System.Globalization;
using System.Text;

namespace SwarmOrleans.Contracts.Templates;

internal enum TokenKind
{
    Text,
    Open,
    Close,
    Field,
    Word,
    Variable,
    Literal,
    Symbol,
    End,
}

/// <summary>A piece of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it is written; the name of a field or variable.</param>
/// <param name="Value">What a literal means.</param>
/// <param name="AfterSpace">Whether space is before it: <c>.A.B</c> is one operand, <c>.A .B</c> are two.</param>
internal readonly record struct Token(TokenKind Kind, string Text, object? Value, bool AfterSpace);

/// <summary>Cuts a template into tokens.</summary>
internal sealed class TemplateLexer
{
    private const string Symbols = "|(),=";

    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _position;

    private TemplateLexer(string text) => _text = text;

    public static List<Token> Read(string text)
    {
        var lexer = new TemplateLexer(text);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        var trimsStart = false;
        while (true)
        {
            var open = _text.IndexOf("{{", _position, StringComparison.Ordinal);
            var piece = open < 0 ? _text[_position..] : _text[_position..open];
            var trimsEnd = open >= 0 && open + 3 < _text.Length && _text[open + 2] == '-' && char.IsWhiteSpace(_text[open + 3]);
            piece = trimsStart ? piece.TrimStart() : piece;
            piece = trimsEnd ? piece.TrimEnd() : piece;
            if (piece.Length > 0)
            {
                Add(TokenKind.Text, piece);
            }

            if (open < 0)
            {
                Add(TokenKind.End, "");
                return;
            }

            _position = open + (trimsEnd ? 3 : 2);
            trimsStart = ReadAction();
        }
    }

    // Returns whether the text after it loses its leading space.
    private bool ReadAction()
    {
        var start = _position;
        var content = _text.AsSpan(_position).TrimStart();
        if (content.StartsWith("/*"))
        {
            var end = _text.IndexOf("*/", start, StringComparison.Ordinal);
            _position = end < 0 ? throw new TemplateException("unclosed comment") : end + 2;
            return TryClose(out var trimsAfterComment) ? trimsAfterComment : throw new TemplateException("comment ends before closing delimiter");
        }

        Add(TokenKind.Open, "{{");
        while (true)
        {
            var hasSpace = SkipSpace();
            if (_position >= _text.Length)
            {
                throw new TemplateException("unclosed action");
            }

            if (TryClose(out var trims))
            {
                Add(TokenKind.Close, "}}");
                return trims;
            }

            ReadToken(hasSpace);
        }
    }

    private bool TryClose(out bool trims)
    {
        var rest = _text.AsSpan(_position);
        var trimmed = rest.TrimStart();
        trims = trimmed.StartsWith("-}}") && _position > 0 && (trimmed.Length < rest.Length || char.IsWhiteSpace(_text[_position - 1]));
        if (!trims && !rest.StartsWith("}}"))
        {
            return false;
        }

        _position += trims ? rest.Length - trimmed.Length + 3 : 2;
        return true;
    }

    private bool SkipSpace()
    {
        var start = _position;
        while (_position < _text.Length && char.IsWhiteSpace(_text[_position]))
        {
            _position++;
        }

        return _position > start;
    }

    private void ReadToken(bool hasSpace)
    {
        var c = _text[_position];
        switch (c)
        {
            case '"':
                Add(TokenKind.Literal, "string", ReadQuoted(), hasSpace);
                break;
            case '`':
                var end = _text.IndexOf('`', _position + 1);
                end = end < 0 ? throw new TemplateException("unterminated raw quoted string") : end;
                Add(TokenKind.Literal, "string", _text[(_position + 1)..end], hasSpace);
                _position = end + 1;
                break;
            case '.':
                _position++;
                Add(TokenKind.Field, ReadName(), null, hasSpace);
                break;
            case '$':
                _position++;
                Add(TokenKind.Variable, "$" + ReadName(), null, hasSpace);
                break;
            case ':' when _position + 1 < _text.Length && _text[_position + 1] == '=':
                _position += 2;
                Add(TokenKind.Symbol, ":=", null, hasSpace);
                break;
            case var _ when Symbols.Contains(c, StringComparison.Ordinal):
                _position++;
                Add(TokenKind.Symbol, c.ToString(), null, hasSpace);
                break;
            case var _ when char.IsAsciiDigit(c) || (c is '-' or '+'):
                ReadNumber(hasSpace);
                break;
            case var _ when char.IsLetter(c) || c == '_':
                ReadWord(hasSpace);
                break;
            default:
                throw new TemplateException($"unexpected \"{c}\" in action");
        }
    }

    private string ReadName()
    {
        var start = _position;
        while (_position < _text.Length && (char.IsLetterOrDigit(_text[_position]) || _text[_position] == '_'))
        {
            _position++;
        }

        return _text[start.._position];
    }

    private void ReadWord(bool hasSpace)
    {
        var word = ReadName();
        switch (word)
        {
            case "true" or "false":
                Add(TokenKind.Literal, word, word == "true", hasSpace);
                break;
            default:
                Add(TokenKind.Word, word, null, hasSpace);
                break;
        }
    }

    private void ReadNumber(bool hasSpace)
    {
        var start = _position++;
        ReadName();
        var text = _text[start.._position];
        Add(
            TokenKind.Literal,
            text,
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new TemplateException($"bad number syntax: \"{text}\""),
            hasSpace);
    }

    private string ReadQuoted()
    {
        var value = new StringBuilder();
        for (_position++; _position < _text.Length && _text[_position] != '\n'; _position++)
        {
            switch (_text[_position])
            {
                case '"':
                    _position++;
                    return value.ToString();
                case '\\' when _position + 1 < _text.Length:
                    value.Append(_text[++_position] switch
                    {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        '\\' => '\\',
                        '"' => '"',
                        '\'' => '\'',
                        var other => throw new TemplateException($"unknown escape \\{other} in quoted string"),
                    });
                    break;
                default:
                    value.Append(_text[_position]);
                    break;
            }
        }

        throw new TemplateException("unterminated quoted string");
    }

    private void Add(TokenKind kind, string text, object? value = null, bool afterSpace = false) => _tokens.Add(new Token(kind, text, value, afterSpace));
}
