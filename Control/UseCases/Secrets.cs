using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with secrets (API-26). What they hold goes in, and comes out on the nodes of the tasks that use them only.</summary>
public sealed class Secrets(ISwarmStore store, IIdSource ids)
{
    /// <summary>Stores a new secret.</summary>
    /// <exception cref="UseCaseException">The name or data break a rule, or the name is taken.</exception>
    public async Task<Secret> CreateAsync(SecretSpec? spec, CancellationToken cancellationToken)
    {
        PayloadValidator.Validate(spec);
        var secret = new Secret { Id = ids.NewId(), Spec = spec };
        await store.CreateNamedAsync(secret, cancellationToken);
        return Redact(store.Current.Find<Secret>(secret.Id) ?? secret);
    }

    /// <summary>One secret, without its data.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Secret> GetAsync(string id, CancellationToken cancellationToken) => Redact(Find(await store.ViewAsync(cancellationToken), id));

    /// <summary>The secrets that match, without their data; names, name prefixes and id prefixes are alternatives here (API-4).</summary>
    public async Task<IReadOnlyList<Secret>> ListAsync(ListSecretsRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        filters ??= new ListSecretsRequest.Types.Filters();
        var filter = new ListFilter().AnyOf(filters.Names, filters.NamePrefixes, filters.IdPrefixes)
            .Labels(filters.Labels, s => ((Secret)s).Spec.Annotations?.Labels);
        return
        [
            .. Candidates.WithAny<Secret>(view, filters.Names, filters.NamePrefixes, filters.IdPrefixes)
                .Where(s => !s.Internal && filter.Matches(s)).Select(Redact),
        ];
    }

    /// <summary>Replaces the labels; nothing else of a secret can change.</summary>
    /// <exception cref="UseCaseException">More than labels would change, or the secret has changed since <paramref name="version"/>.</exception>
    public async Task<Secret> UpdateAsync(string id, ObjectVersion? version, SecretSpec? spec, CancellationToken cancellationToken)
    {
        if (version is null || spec is null)
        {
            throw UseCaseException.Invalid("secret_version and spec must be given");
        }

        var next = Find(await store.ViewAsync(cancellationToken), id).Clone();
        Labels.RequireOnly(
            next.Spec.Annotations.Name == spec.Annotations?.Name
            && (spec.Data.IsEmpty || spec.Data == next.Spec.Data)
            && (spec.Templating is null || spec.Templating.Equals(next.Spec.Templating))
            && (spec.Driver is null || spec.Driver.Equals(next.Spec.Driver)));
        next.Meta.Version = version;
        Labels.Replace(next.Spec.Annotations, spec.Annotations!);
        await store.OrThrowAsync(new StoreTransaction().Update(next), cancellationToken);
        return Redact(store.Current.Find<Secret>(id) ?? next);
    }

    /// <summary>Removes a secret that no service refers to.</summary>
    /// <exception cref="UseCaseException">It does not exist, or a service refers to it.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken) => await store.DecideAsync(
        await store.ViewAsync(cancellationToken),
        view =>
        {
            var secret = Find(view, id);
            Labels.RequireUnused("secret", secret.Spec.Annotations.Name, view.Services.ReferencingSecret(id));
            return new StoreTransaction().RequireUnreferenced(ObjectKind.Secret, id).Remove<Secret>(id);
        },
        cancellationToken);

    /// <summary>The secret without what it holds; the same object when there is nothing to hide.</summary>
    internal static Secret Redact(Secret secret)
    {
        if (secret.Spec?.Data.IsEmpty != false)
        {
            return secret;
        }

        var shown = secret.Clone();
        shown.Spec.Data = ByteString.Empty;
        return shown;
    }

    private static Secret Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("secret ID must be provided") : view.Find<Secret>(id) ?? throw UseCaseException.NotFound("secret", id);
}
