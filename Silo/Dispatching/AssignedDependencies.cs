using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using Action = SwarmOrleans.Contracts.AssignmentChange.Types.AssignmentAction;

namespace SwarmOrleans.Silo.Dispatching;

/// <summary>
/// The secrets and configs that one agent holds, each sent once, for as long as a task there needs it (B.6). Nothing else of the swarm's secrets reaches a node.
/// </summary>
internal sealed class AssignedDependencies
{
    private readonly Dictionary<Dependency, HashSet<string>> _users = [];
    private readonly Dictionary<string, List<Dependency>> _held = [];

    /// <summary>Adds what the task needs and the agent does not hold. What is not there is left out: the agent tells why its task waits.</summary>
    public void Acquire(StoreView view, SwarmTask task, ICollection<AssignmentChange> changes)
    {
        if (_held.ContainsKey(task.Id))
        {
            return;
        }

        var held = new List<Dependency>();
        foreach (var dependency in DependenciesOf(task.Spec).Distinct())
        {
            if (!_users.TryGetValue(dependency, out var users))
            {
                if (Find(view, dependency) is not { } assignment)
                {
                    continue;
                }

                users = _users[dependency] = [];
                changes.Add(new AssignmentChange { Action = Action.Update, Assignment = assignment });
            }

            users.Add(task.Id);
            held.Add(dependency);
        }

        if (held.Count > 0)
        {
            _held[task.Id] = held;
        }
    }

    /// <summary>Takes back what the task alone needed.</summary>
    public void Release(string taskId, ICollection<AssignmentChange> changes)
    {
        if (!_held.Remove(taskId, out var held))
        {
            return;
        }

        foreach (var dependency in held)
        {
            var users = _users[dependency];
            users.Remove(taskId);
            if (users.Count == 0)
            {
                _users.Remove(dependency);
                changes.Add(new AssignmentChange { Action = Action.Remove, Assignment = Name(dependency) });
            }
        }
    }

    private static IEnumerable<Dependency> DependenciesOf(TaskSpec spec)
    {
        foreach (var secret in spec.Container?.Secrets ?? [])
        {
            yield return new Dependency(ResourceType.Secret, secret.SecretId);
        }

        foreach (var config in spec.Container?.Configs ?? [])
        {
            yield return new Dependency(ResourceType.Config, config.ConfigId);
        }

        foreach (var reference in spec.ResourceReferences)
        {
            if (reference.ResourceType is ResourceType.Secret or ResourceType.Config)
            {
                yield return new Dependency(reference.ResourceType, reference.ResourceId);
            }
        }
    }

    private static Assignment? Find(StoreView view, Dependency dependency) => dependency.Type == ResourceType.Secret
        ? view.Find<Secret>(dependency.Id) is { } secret ? new Assignment { Secret = secret } : null
        : view.Find<Config>(dependency.Id) is { } config ? new Assignment { Config = config } : null;

    private static Assignment Name(Dependency dependency) => dependency.Type == ResourceType.Secret
        ? new Assignment { Secret = new Secret { Id = dependency.Id } }
        : new Assignment { Config = new Config { Id = dependency.Id } };

    private readonly record struct Dependency(ResourceType Type, string Id);
}
