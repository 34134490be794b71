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

    /// <summary>Names, name prefixes and id prefixes as alternatives, as secrets, configs and resources have them (API-4).</summary>
    public ListFilter AnyOf(IReadOnlyCollection<string> names, IReadOnlyCollection<string> namePrefixes, IReadOnlyCollection<string> idPrefixes)
    {
        if (names.Count + namePrefixes.Count + idPrefixes.Count > 0)
        {
            var (name, namePrefix, id) = (new ListFilter().Names(names), new ListFilter().NamePrefixes(namePrefixes), new ListFilter().IdPrefixes(idPrefixes));
            _tests.Add(item => (names.Count > 0 && name.Matches(item))
                || (namePrefixes.Count > 0 && namePrefix.Matches(item))
                || (idPrefixes.Count > 0 && id.Matches(item)));
        }

        return this;
    }

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
