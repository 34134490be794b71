using System.Globalization;

namespace SwarmOrleans.Contracts.Constraints;

/// <summary>Generic resources as users write them: <c>gpu=UUID1,gpu=UUID2,ssd=3</c> (GEN-6).</summary>
public static class GenericResourceText
{
    /// <summary>
    /// Reads a list on one line. A kind with one whole number is an amount; a kind whose values are all no numbers is a set of named values.
    /// </summary>
    /// <exception cref="FormatException">A negative amount, a kind given twice as an amount, amounts mixed with names, or no list at all.</exception>
    public static IReadOnlyList<GenericResource> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.AsSpan().ContainsAny('\n', '\r'))
        {
            throw new FormatException("generic resources must be on one line");
        }

        var kinds = new List<(string Kind, List<string> Values)>();
        foreach (var part in text.Split(','))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var (kind, value) = at < 0 ? ("", "") : (part[..at].Trim(), part[(at + 1)..].Trim());
            if (kind.Length == 0 || value.Length == 0)
            {
                throw new FormatException($"generic resource '{part}' is not kind=value");
            }

            var known = kinds.FindIndex(k => k.Kind == kind);
            if (known < 0)
            {
                kinds.Add((kind, [value]));
            }
            else
            {
                kinds[known].Values.Add(value);
            }
        }

        return [.. kinds.SelectMany(k => Resources(k.Kind, k.Values))];
    }

    private static IEnumerable<GenericResource> Resources(string kind, List<string> values)
    {
        var amounts = values.Select(Amount).OfType<long>().ToList();
        if (amounts.Count == 0)
        {
            return values.Distinct().Select(v => new GenericResource { NamedResourceSpec = new NamedGenericResource { Kind = kind, Value = v } });
        }

        if (values.Count > 1)
        {
            throw new FormatException($"generic resource '{kind}' must be one amount or a set of names, not {string.Join(", ", values)}");
        }

        return amounts[0] >= 0
            ? [new GenericResource { DiscreteResourceSpec = new DiscreteGenericResource { Kind = kind, Value = amounts[0] } }]
            : throw new FormatException($"generic resource '{kind}' must not be negative");
    }

    private static long? Amount(string value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var amount) ? amount : null;
}
