using System.Globalization;

namespace SwarmOrleans.Cli.Commands;

/// <summary>Numbers in options.</summary>
internal static class Quantities
{
    public static ulong Whole(string option, string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new CommandException($"{option}: \"{text}\" is not a whole number of at least 0");

    public static long Signed(string option, string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new CommandException($"{option}: \"{text}\" is not a whole number");

    public static float Ratio(string option, string text) => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new CommandException($"{option}: \"{text}\" is not a number");

    public static long NanoCpus(string option, string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && value * 1_000_000_000 is var nano && nano == decimal.Truncate(nano) && Math.Abs(nano) < long.MaxValue
        ? (long)nano
        : throw new CommandException($"{option}: \"{text}\" is not a number of CPUs with at most 9 decimals");

    public static long Bytes(string option, string text)
    {
        var units = new Dictionary<string, int> { ["b"] = 0, ["k"] = 10, ["kb"] = 10, ["kib"] = 10, ["m"] = 20, ["mb"] = 20, ["mib"] = 20, ["g"] = 30, ["gb"] = 30, ["gib"] = 30, ["t"] = 40, ["tb"] = 40, ["tib"] = 40 };
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        var unit = text[digits..].Trim().ToLowerInvariant();
        if (!decimal.TryParse(text[..digits], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || (unit.Length > 0 && !units.ContainsKey(unit)))
        {
            throw new CommandException($"{option}: \"{text}\" is not a size such as 512m or 2g");
        }

        return (long)(value * (1L << units.GetValueOrDefault(unit)));
    }
}
