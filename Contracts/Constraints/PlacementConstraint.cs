using System.Text.RegularExpressions;

namespace SwarmOrleans.Contracts.Constraints;

/// <summary>One placement constraint: <c>key == value</c> or <c>key != value</c> (CON-1).</summary>
public sealed partial class PlacementConstraint
{
    private const string NodeLabels = "node.labels.";
    private const string EngineLabels = "engine.labels.";

    private static readonly string[] PlainKeys =
        ["node.id", "node.hostname", "node.ip", "node.role", "node.platform.os", "node.platform.arch"];

    private readonly AddressRange? _range;

    private PlacementConstraint(string key, string value, bool isEqual)
    {
        Key = key;
        Value = value;
        IsEqual = isEqual;
        _range = IsAddress ? AddressRange.TryParse(value) : null;
    }

    /// <summary>What is compared, as written.</summary>
    public string Key { get; }

    /// <summary>With what; letters are compared without case.</summary>
    public string Value { get; }

    /// <summary>True for <c>==</c>.</summary>
    public bool IsEqual { get; }

    /// <summary>Parses one expression.</summary>
    /// <exception cref="FormatException">The message names the rule (CON-2, CON-3).</exception>
    public static PlacementConstraint Parse(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        foreach (var (op, isEqual) in new[] { ("==", true), ("!=", false) })
        {
            var at = expression.IndexOf(op, StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            var (key, value) = (expression[..at].Trim(), expression[(at + 2)..].Trim());
            if (!KeyPattern().IsMatch(key))
            {
                throw new FormatException($"key '{key}' is invalid");
            }

            return ValuePattern().IsMatch(value)
                ? new PlacementConstraint(key, value, isEqual)
                : throw new FormatException($"value '{value}' is invalid");
        }

        throw new FormatException("constraint expected one operator from ==, !=");
    }

    /// <summary>True when the key is one that nodes can be compared by (CON-4).</summary>
    public bool HasKnownKey => PlainKeys.Contains(Key, StringComparer.OrdinalIgnoreCase) || LabelOf(NodeLabels) is not null || LabelOf(EngineLabels) is not null;

    private bool IsAddress => Key.Equals("node.ip", StringComparison.OrdinalIgnoreCase);

    /// <summary>True when the node satisfies it (CON-4).</summary>
    public bool Matches(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (IsAddress)
        {
            // What is no address satisfies neither operator.
            return _range is { } range && range.Contains(node.Status?.Addr ?? "") == IsEqual;
        }

        var actual = ActualOf(node);
        return actual is not null && actual.Equals(Value, StringComparison.OrdinalIgnoreCase) == IsEqual;
    }

    /// <inheritdoc />
    public override string ToString() => $"{Key} {(IsEqual ? "==" : "!=")} {Value}";

    private string? ActualOf(Node node)
    {
        if (LabelOf(NodeLabels) is { } label)
        {
            return node.Spec?.Annotations?.Labels.GetValueOrDefault(label) ?? "";
        }

        if (LabelOf(EngineLabels) is { } engineLabel)
        {
            return node.Description?.Engine?.Labels.GetValueOrDefault(engineLabel) ?? "";
        }

        return Key.ToLowerInvariant() switch
        {
            "node.id" => node.Id,
            "node.hostname" => node.Description?.Hostname ?? "",
            "node.role" => node.Role == NodeRole.Manager ? "manager" : "worker",
            "node.platform.os" => node.Description?.Platform?.Os ?? "",
            "node.platform.arch" => node.Description?.Platform?.Architecture ?? "",
            _ => null,
        };
    }

    private string? LabelOf(string prefix) =>
        Key.Length > prefix.Length && Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? Key[prefix.Length..] : null;

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9\-_.]+\z")]
    private static partial Regex KeyPattern();

    [GeneratedRegex(@"^[A-Za-z0-9\s:\-_.*()?+\[\]\\^$|/]+\z")]
    private static partial Regex ValuePattern();
}
