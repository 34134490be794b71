using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Arithmetic of generic resources (section 18). A kind is discrete (one entry with an amount) or named (an entry a value); the first entry
/// of a kind decides which. Tasks reserve amounts only; a named kind counts as its number of values.
/// </summary>
public static class GenericResources
{
    /// <summary>Kind of an entry; empty when it is neither discrete nor named.</summary>
    public static string KindOf(GenericResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return resource.DiscreteResourceSpec?.Kind ?? resource.NamedResourceSpec?.Kind ?? "";
    }

    /// <summary>How much of a kind there is.</summary>
    public static long Amount(IReadOnlyList<GenericResource> free, string kind)
    {
        ArgumentNullException.ThrowIfNull(free);
        var values = 0;
        foreach (var resource in free)
        {
            if (KindOf(resource) != kind)
            {
                continue;
            }

            if (values == 0 && resource.DiscreteResourceSpec is { } discrete)
            {
                return discrete.Value;
            }

            values += resource.NamedResourceSpec is null ? 0 : 1;
        }

        return values;
    }

    /// <summary>True when <paramref name="wanted"/> is an amount and there is that much (GEN-2).</summary>
    public static bool HasEnough(IReadOnlyList<GenericResource> free, GenericResource wanted)
    {
        ArgumentNullException.ThrowIfNull(free);
        ArgumentNullException.ThrowIfNull(wanted);
        return wanted.DiscreteResourceSpec is { } discrete
            && free.Any(r => KindOf(r) == discrete.Kind)
            && Amount(free, discrete.Kind) >= discrete.Value;
    }

    /// <summary>Takes what is wanted out of <paramref name="free"/>; null, with nothing taken, when some of it is not there (GEN-3).</summary>
    public static IReadOnlyList<GenericResource>? Claim(IList<GenericResource> free, IReadOnlyCollection<GenericResource> wanted)
    {
        ArgumentNullException.ThrowIfNull(free);
        ArgumentNullException.ThrowIfNull(wanted);
        var rest = free.ToList();
        var claimed = new List<GenericResource>();
        foreach (var item in wanted)
        {
            if (!HasEnough(rest, item))
            {
                return null;
            }

            var taken = Pick(rest, item.DiscreteResourceSpec);
            Consume(rest, taken);
            claimed.AddRange(taken);
        }

        Replace(free, rest);
        return claimed;
    }

    /// <summary>Takes exactly these out of <paramref name="free"/>; what is not there is passed over.</summary>
    public static void Consume(IList<GenericResource> free, IReadOnlyCollection<GenericResource> taken)
    {
        ArgumentNullException.ThrowIfNull(free);
        ArgumentNullException.ThrowIfNull(taken);
        foreach (var item in taken)
        {
            var at = IndexOf(free, item);
            if (at < 0)
            {
                continue;
            }

            var left = item.DiscreteResourceSpec is { } discrete ? free[at].DiscreteResourceSpec.Value - discrete.Value : 0;
            if (left > 0)
            {
                free[at] = Discrete(item.DiscreteResourceSpec!.Kind, left);
            }
            else
            {
                free.RemoveAt(at);
            }
        }
    }

    /// <summary>Gives back what was claimed, then keeps only what the node says it has (GEN-4).</summary>
    public static void Reclaim(IList<GenericResource> free, IReadOnlyCollection<GenericResource> returned, IReadOnlyList<GenericResource> described)
    {
        Add(free, returned);
        Sanitize(free, described);
    }

    /// <summary>Adds amounts to their kinds and appends values; duplicates are possible.</summary>
    public static void Add(IList<GenericResource> free, IReadOnlyCollection<GenericResource> returned)
    {
        ArgumentNullException.ThrowIfNull(free);
        ArgumentNullException.ThrowIfNull(returned);
        foreach (var item in returned)
        {
            if (item.DiscreteResourceSpec is { } discrete && IndexOf(free, item) is var at and >= 0)
            {
                free[at] = Discrete(discrete.Kind, free[at].DiscreteResourceSpec.Value + discrete.Value);
            }
            else
            {
                free.Add(item);
            }
        }
    }

    /// <summary>
    /// Drops kinds and values that are not described. A kind whose type has changed, or with more than described, becomes what is described.
    /// </summary>
    public static void Sanitize(IList<GenericResource> free, IReadOnlyList<GenericResource> described)
    {
        ArgumentNullException.ThrowIfNull(free);
        ArgumentNullException.ThrowIfNull(described);
        var clean = new List<GenericResource>(free.Count);
        var reset = new HashSet<string>();
        foreach (var item in free)
        {
            var kind = KindOf(item);
            if (reset.Contains(kind) || described.FirstOrDefault(r => KindOf(r) == kind) is not { } first)
            {
                continue;
            }

            var isSameType = first.ResourceCase == item.ResourceCase;
            if (!isSameType || item.DiscreteResourceSpec?.Value > first.DiscreteResourceSpec?.Value)
            {
                reset.Add(kind);
                clean.RemoveAll(r => KindOf(r) == kind);
                clean.AddRange(described.Where(r => KindOf(r) == kind));
            }
            else if (item.DiscreteResourceSpec is not null || (described.Contains(item) && !clean.Contains(item)))
            {
                clean.Add(item);
            }
        }

        Replace(free, clean);
    }

    /// <summary>True when <paramref name="offered"/> still has what a task was assigned (GEN-5).</summary>
    public static bool Offers(IReadOnlyList<GenericResource> offered, GenericResource assigned)
    {
        ArgumentNullException.ThrowIfNull(offered);
        ArgumentNullException.ThrowIfNull(assigned);
        return assigned.DiscreteResourceSpec is { } discrete
            ? offered.FirstOrDefault(r => KindOf(r) == discrete.Kind)?.DiscreteResourceSpec?.Value >= discrete.Value
            : offered.Contains(assigned);
    }

    private static List<GenericResource> Pick(List<GenericResource> free, DiscreteGenericResource wanted)
    {
        if (wanted.Value == 0)
        {
            return [];
        }

        var first = free.First(r => KindOf(r) == wanted.Kind);
        return first.DiscreteResourceSpec is not null
            ? [Discrete(wanted.Kind, wanted.Value)]
            : [.. free.Where(r => r.NamedResourceSpec?.Kind == wanted.Kind).Take((int)wanted.Value)];
    }

    private static int IndexOf(IList<GenericResource> free, GenericResource item)
    {
        for (var i = 0; i < free.Count; i++)
        {
            if (item.DiscreteResourceSpec is { } discrete ? free[i].DiscreteResourceSpec?.Kind == discrete.Kind : free[i].Equals(item))
            {
                return i;
            }
        }

        return -1;
    }

    private static GenericResource Discrete(string kind, long value) =>
        new() { DiscreteResourceSpec = new DiscreteGenericResource { Kind = kind, Value = value } };

    private static void Replace(IList<GenericResource> list, List<GenericResource> content)
    {
        list.Clear();
        foreach (var item in content)
        {
            list.Add(item);
        }
    }
}
