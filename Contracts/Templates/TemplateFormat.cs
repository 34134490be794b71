using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SwarmOrleans.Contracts.Templates;

/// <summary>Formats as Go's printf does, for texts, whole numbers and truth values: <c>%v %s %q %d %x %X %t %%</c> with width, <c>-</c> and <c>0</c>.</summary>
internal static partial class TemplateFormat
{
    // A width is for columns, not for filling the memory.
    private const int MaxWidth = 1000;

    public static string Format(string format, object?[] values)
    {
        var next = 0;
        var text = Verb().Replace(format, match =>
        {
            var verb = match.Groups["verb"].Value;
            if (verb == "%")
            {
                return "%";
            }

            return next < values.Length ? Pad(match, One(verb, values[next++])) : $"%!{verb}(MISSING)";
        });
        return next == values.Length ? text : throw new TemplateException("printf has more values than its format");
    }

    private static string One(string verb, object? value) => (verb, value) switch
    {
        ("v", _) or ("s", string) or ("d", long) or ("t", bool) => TemplateValues.Print(value),
        ("q", string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"",
        ("x", long number) => number.ToString("x", CultureInfo.InvariantCulture),
        ("X", long number) => number.ToString("X", CultureInfo.InvariantCulture),
        ("x", string text) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)),
        ("X", string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text)),
        _ => throw new TemplateException($"printf: %{verb} does not fit a {TemplateValues.NameOf(value)}"),
    };

    private static string Pad(Match match, string text)
    {
        if (!match.Groups["width"].Success)
        {
            return text;
        }

        if (!int.TryParse(match.Groups["width"].ValueSpan, CultureInfo.InvariantCulture, out var width) || width > MaxWidth)
        {
            throw new TemplateException($"printf: widths are at most {MaxWidth}");
        }

        return match.Groups["left"].Success ? text.PadRight(width) : text.PadLeft(width, match.Groups["zero"].Success ? '0' : ' ');
    }

    [GeneratedRegex(@"%(?<left>-)?(?<zero>0)?(?<width>[0-9]+)?(?<verb>.)", RegexOptions.Singleline)]
    private static partial Regex Verb();
}
