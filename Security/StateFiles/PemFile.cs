using System.Text;

namespace SwarmOrleans.Security;

/// <summary>A PEM block with headers, the form of a node's key file: headers hold what must change together with the key.</summary>
/// <param name="Label">Between BEGIN and the dashes.</param>
/// <param name="Headers">In order of their names.</param>
/// <param name="Body">The decoded content.</param>
public sealed record PemFile(string Label, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    private const int LineLength = 64;

    /// <summary>Reads the first block of <paramref name="text"/>.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is damaged.</exception>
    public static PemFile Parse(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var begin = Array.FindIndex(lines, l => l.StartsWith("-----BEGIN ", StringComparison.Ordinal) && l.EndsWith("-----", StringComparison.Ordinal));
        if (begin < 0)
        {
            throw new InvalidDataException("no PEM block found");
        }

        var label = lines[begin][11..^5];
        var end = Array.IndexOf(lines, $"-----END {label}-----", begin);
        if (end < 0)
        {
            throw new InvalidDataException($"the PEM block {label} has no end");
        }

        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var body = new StringBuilder();
        foreach (var line in lines[(begin + 1)..end])
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0)
            {
                headers[line[..colon]] = line[(colon + 2)..];
            }
            else
            {
                body.Append(line.Trim());
            }
        }

        try
        {
            return new PemFile(label, headers, Convert.FromBase64String(body.ToString()));
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"the PEM block {label} is not base64", e);
        }
    }

    /// <summary>The block as text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append("-----BEGIN ").Append(Label).Append("-----\n");
        foreach (var (name, value) in Headers.OrderBy(h => h.Key, StringComparer.Ordinal))
        {
            text.Append(name).Append(": ").Append(value).Append('\n');
        }

        if (Headers.Count > 0)
        {
            text.Append('\n');
        }

        var body = Convert.ToBase64String(Body);
        for (var i = 0; i < body.Length; i += LineLength)
        {
            text.Append(body.AsSpan(i, Math.Min(LineLength, body.Length - i))).Append('\n');
        }

        return text.Append("-----END ").Append(Label).Append("-----\n").ToString();
    }
}
