using System.Collections.Concurrent;
using SwarmOrleans.Contracts;
using Action = SwarmOrleans.Contracts.AssignmentChange.Types.AssignmentAction;

namespace SwarmOrleans.Agent;

/// <summary>The secrets and configs that this node was given with its assignments. They are in memory only, and gone with the agent.</summary>
internal sealed class DependencySet
{
    private readonly ConcurrentDictionary<string, Secret> _secrets = new();
    private readonly ConcurrentDictionary<string, Config> _configs = new();
    private volatile bool _isKnown;

    /// <summary>False until a manager has said what this node has: what is missing may be still to come.</summary>
    public bool IsKnown => _isKnown;

    public Secret? Secret(string id) => _secrets.GetValueOrDefault(id);

    public Config? Config(string id) => _configs.GetValueOrDefault(id);

    /// <summary>Takes in what a message brings. Call before its tasks are begun.</summary>
    public void Add(AssignmentsMessage message)
    {
        foreach (var change in message.Changes.Where(c => c.Action == Action.Update))
        {
            if (change.Assignment?.Secret is { } secret)
            {
                _secrets[secret.Id] = secret;
            }
            else if (change.Assignment?.Config is { } config)
            {
                _configs[config.Id] = config;
            }
        }

        _isKnown = true;
    }

    /// <summary>Drops what a message takes back. Call after its tasks are ended.</summary>
    public void Remove(AssignmentsMessage message)
    {
        if (message.Type == AssignmentsMessage.Types.Type.Complete)
        {
            KeepOnly(_secrets, message.Changes.Select(c => c.Assignment?.Secret?.Id));
            KeepOnly(_configs, message.Changes.Select(c => c.Assignment?.Config?.Id));
            return;
        }

        foreach (var change in message.Changes.Where(c => c.Action == Action.Remove))
        {
            _secrets.TryRemove(change.Assignment?.Secret?.Id ?? "", out _);
            _configs.TryRemove(change.Assignment?.Config?.Id ?? "", out _);
        }
    }

    private static void KeepOnly<T>(ConcurrentDictionary<string, T> items, IEnumerable<string?> ids)
    {
        var kept = ids.OfType<string>().ToHashSet();
        foreach (var id in items.Keys.Where(id => !kept.Contains(id)))
        {
            items.TryRemove(id, out _);
        }
    }
}
