using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>The filters that all lists have: values of one field are alternatives, fields must all match (API-4).</summary>
internal sealed class ListFilter
{
    private readonly List<Func<IStoreObject, bool>> _tests = [];

    public ListFilter Names(IReadOnlyCollection<string> names, Func<IStoreObject, string>? nameOf = null) =>
        Any(names, (item, name) => (nameOf ?? DisplayNames.Of)(item) == name);

    public ListFilter NamePrefixes(IReadOnlyCollection<string> prefixes, Func<IStoreObject, string>? nameOf = null) =>
        Any(prefixes, (item, prefix) => (nameOf ?? DisplayNames.Of)(item).StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    public ListFilter IdPrefixes(IReadOnlyCollection<string> prefixes) =>
        Any(prefixes, (item, prefix) => item.Id.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Labels that must all be there; an empty value asks for the key alone.</summary>
    public ListFilter Labels(IEnumerable<KeyValuePair<string, string>> labels, Func<IStoreObject, IDictionary<string, string>?> labelsOf)
    {
        foreach (var (key, value) in labels)
        {
            _tests.Add(item => labelsOf(item) is { } actual && actual.TryGetValue(key, out var found) && (value.Length == 0 || found == value));
        }

        return this;
    }

    public ListFilter Any<TValue>(IReadOnlyCollection<TValue> values, Func<IStoreObject, TValue, bool> matches)
    {
        if (values.Count > 0)
        {
            _tests.Add(item => values.Any(v => matches(item, v)));
        }

        return this;
    }

    public bool Matches(IStoreObject item) => _tests.TrueForAll(t => t(item));
}
